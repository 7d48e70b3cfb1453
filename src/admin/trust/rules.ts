import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { Ports, Store, StoredTrustRule } from '../../store/store.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';
import { change, quoted, secondsOf } from '../change.ts';
import { viewsOfRules, type TrustRuleView } from '../views/trust-view.ts';
import { parseNewDefinition } from './definition.ts';
import type { NewTrustRule } from './platform-rule.ts';
import { readKnownRules } from './rules-in-force.ts';
import { describePins, pinnableValue } from './shown-claims.ts';
import { conditionsIn } from './stored-conditions.ts';

/** The part of the configuration on which trust rules depend. */
export type TrustSettings = Pick<Config, 'trust' | 'up'>;
type RulePorts = Pick<Ports, 'trustRules' | 'trustRuleUses'>;

/** Returns all trust rules in the order in which they are tried: those of dockpass.yml, then those of the database. */
export async function listTrustRules(ports: RulePorts, config: TrustSettings): Promise<TrustRuleView[]> {
  return (await listOrderedTrustRules(ports, config)).map(({ view }) => view);
}

/** Like `listTrustRules`, with texts by which the rules can be sorted and paged. */
export async function listOrderedTrustRules(
  ports: RulePorts,
  config: TrustSettings,
): Promise<readonly { readonly view: TrustRuleView; readonly order: readonly string[] }[]> {
  const known = await readKnownRules(ports, config);
  const views = viewsOfRules(known, await ports.trustRuleUses.list());
  return known.flatMap(({ order }, at) => {
    const view = views[at];
    return view === undefined ? [] : [{ view, order }];
  });
}

/**
 * Finds a trust rule by its name. Upper and lower case in the name do not matter.
 * @throws DockpassError `no_such_trust_rule`
 */
export async function findTrustRule(
  ports: RulePorts,
  config: TrustSettings,
  text: string,
): Promise<TrustRuleView> {
  const name = toCanonicalName(text);
  const found = (await listTrustRules(ports, config)).find((rule) => rule.name === name);
  if (found === undefined) throw noSuchTrustRule(text);
  return found;
}

/**
 * Adds a trust rule to the database, after all others. If it has pins, it waits for `confirmTrustRule`.
 * @returns the rule as it is stored
 * @throws DockpassError `bad_name`, `bad_usage`, `already_exists`
 */
export async function addTrustRule(
  store: Store,
  clock: Clock,
  config: TrustSettings,
  newRule: NewTrustRule,
): Promise<TrustRuleView> {
  const rule = parseNewDefinition(newRule, config);
  const { name } = rule;
  const { definition, pins } = newRule;
  if (isInFile(config, name)) throw takenInFile(name);
  const row = { name, definition, pins, candidate: null, createdAt: secondsOf(clock) };
  const what = `trust rule ${name} added: ${describeRule(rule)}${describeWaiting(pins)}`;
  return change(store, clock, { subject: `ci:${name}`, what }, async (ports) => {
    if (!(await ports.trustRules.add(row))) throw takenInDatabase(name);
    return findTrustRule(ports, config, name);
  });
}

/**
 * Removes a trust rule from the database. The sessions that began with it end at once.
 * @returns the name as it was stored
 * @throws DockpassError `no_such_trust_rule`, `rule_in_file`
 */
export async function removeTrustRule(
  store: Store,
  clock: Clock,
  config: TrustSettings,
  text: string,
): Promise<string> {
  const name = toCanonicalName(text);
  await change(store, clock, { subject: `ci:${name}`, what: `trust rule ${name} removed` }, async (ports) => {
    if (await ports.trustRules.remove(name)) {
      await ports.trustRuleUses.remove(name);
      await ports.federatedSessions.removeAllOf(name);
      return;
    }
    throw isInFile(config, name) ? inFile(name, 'remove it there') : noSuchTrustRule(text);
  });
  return name;
}

/**
 * Confirms the ids of the first JWT that matched a waiting rule. They become conditions of the rule, which counts from
 * the next request on.
 * @returns the rule as it is stored now
 * @throws DockpassError `no_such_trust_rule`, `rule_in_file`, `nothing_to_confirm`
 */
export async function confirmTrustRule(
  store: Store,
  clock: Clock,
  config: TrustSettings,
  text: string,
): Promise<TrustRuleView> {
  const name = toCanonicalName(text);
  // The audit row says what was confirmed, so the rule is read before. The candidate of a rule never changes its ids,
  // and the transaction checks that it is still the same.
  const known = await requireConfirmable(store, config, text);
  const what = `trust rule ${name} confirmed: ${describePins(known.pins, known.candidate.claims)}`;
  return change(store, clock, { subject: `ci:${name}`, what }, async (ports) => {
    const current = await requireConfirmable(ports, config, text);
    if (JSON.stringify(valuesOf(current)) !== JSON.stringify(valuesOf(known)))
      throw new DockpassError(
        'nothing_to_confirm',
        `the trust rule ${name} was changed at the same time, so nothing was confirmed: run "dockpass trust list", and confirm again`,
      );
    const when = { ...conditionsIn(current.definition), ...valuesOf(current) };
    await ports.trustRules.confirm(name, { ...current.definition, when });
    return findTrustRule(ports, config, name);
  });
}

type Confirmable = StoredTrustRule & { readonly candidate: NonNullable<StoredTrustRule['candidate']> };

async function requireConfirmable(
  { trustRules }: Pick<Ports, 'trustRules'>,
  config: TrustSettings,
  text: string,
): Promise<Confirmable> {
  const name = toCanonicalName(text);
  const rule = await trustRules.find(name);
  if (rule === undefined)
    throw isInFile(config, name)
      ? inFile(name, 'rules in the file never wait for a confirmation')
      : noSuchTrustRule(text);
  const { candidate, pins } = rule;
  if (pins.length === 0)
    throw new DockpassError(
      'nothing_to_confirm',
      `the trust rule ${name} does not wait for a confirmation: it counts already`,
    );
  if (candidate === null)
    throw new DockpassError(
      'nothing_to_confirm',
      `no JWT has matched the trust rule ${name} yet: run the job once, and then confirm. If the job was denied, "dockpass trust test" says which claim does not match`,
    );
  const missing = pins.filter((pin) => pinnableValue(candidate.claims, pin) === undefined);
  if (missing.length > 0)
    throw new DockpassError(
      'nothing_to_confirm',
      `the JWT that matched the trust rule ${name} has no usable claim ${missing.join(', ')}: ${adviceOnMissing(missing)}, run the job again, and then confirm`,
    );
  return { ...rule, candidate };
}

/** Buildkite puts ids into a JWT only on demand. */
function adviceOnMissing(missing: readonly string[]): string {
  return missing.every((pin) => pin === 'organization_id' || pin === 'pipeline_id')
    ? `request the JWT with "buildkite-agent oidc request-token --claim ${missing.join(',')}"`
    : 'request a JWT that has them';
}

/** The pinned claims of a waiting rule with the values of its candidate. */
function valuesOf({ pins, candidate }: Confirmable): Record<string, string[]> {
  return Object.fromEntries(pins.map((pin) => [pin, [pinnableValue(candidate.claims, pin) ?? '']]));
}

function describeRule({ issuer, preset, when, only, session }: TrustRule): string {
  const conditions = when.map(({ claim, accepted }) => `${claim} ${accepted.join(' or ')}`);
  const rights = only.map(({ pattern, actions }) => `${pattern}:${actions.join(',')}`).join(' ');
  return [`issuer ${preset ?? issuer}`, ...conditions, `rights ${rights}`, `session ${session}s`].join(', ');
}

function describeWaiting(pins: readonly string[]): string {
  return pins.length === 0 ? '' : `; waits for the confirmation of ${pins.join(', ')}`;
}

function isInFile({ trust }: TrustSettings, name: string): boolean {
  return trust.some((rule) => rule.name === name);
}

/** Returns the error for a trust rule that does not exist. */
function noSuchTrustRule(text: string): DockpassError {
  return new DockpassError(
    'no_such_trust_rule',
    `there is no trust rule ${quoted(text)}: run "dockpass trust list" to see all trust rules`,
  );
}

function inFile(name: string, fix: string): DockpassError {
  return new DockpassError(
    'rule_in_file',
    `the trust rule ${name} is in the configuration file, which dockpass never changes: ${fix}`,
  );
}

function takenInFile(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `there is a trust rule ${name} in the configuration file already: choose another name with --name, or change the rule there`,
  );
}

function takenInDatabase(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `there is a trust rule ${name} already: choose another name with --name, or remove it first with "dockpass trust remove ${name}"`,
  );
}
