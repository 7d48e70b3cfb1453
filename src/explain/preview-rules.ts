import { setImmediate as nextTick } from 'node:timers/promises';
import type { Config } from '../config/load.ts';
import { policySettings } from '../config/policy-settings.ts';
import { decide, type Policy } from '../policy/decide.ts';
import type { Action } from '../policy/rights.ts';
import { createRuleIndex } from '../policy/rule-index.ts';
import { formatRule, type Rule } from '../policy/rule.ts';
import type { Subject } from '../policy/subject.ts';
import type { Realm } from '../realm/realm.ts';
import { parseScope } from '../scope/parse-scopes.ts';
import type { Ports } from '../store/store.ts';
import { describeDecider } from './explain.ts';
import { listLogins, type Login } from './list-logins.ts';
import { chooseProbes, type RuleProbe } from './rule-probes.ts';
import { clientsOf, realmsOf } from './who-can.ts';

/** Subjects that get the same other access to the same repositories. */
export interface AccessChange {
  readonly subjects: readonly Pick<Login, 'kind' | 'name'>[];
  readonly domain: Realm['kind'];
  readonly repositories: readonly RuleProbe[];
  readonly before: readonly Action[];
  readonly after: readonly Action[];
  /** The actions that the subjects get in addition. */
  readonly gained: readonly Action[];
  readonly lost: readonly Action[];
  /** The settings, grants and rules that determine `after`, or, if there are none, the reason. */
  readonly by: readonly string[];
  /** The networks of the clients, as in `Access.from` (who-can.ts). Null if the change does not depend on them. */
  readonly from: readonly (readonly string[])[] | null;
}

export interface RulesPreview {
  readonly changes: readonly AccessChange[];
  /** The rules that are only in the configuration, and those that are only in the proposed list. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** How many subjects and repositories were compared. */
  readonly subjectCount: number;
  readonly repositoryCount: number;
  /** Why changes may be missing from the list. Empty if the list is complete for the known repositories and patterns. */
  readonly cut: readonly string[];
}

export interface PreviewOptions {
  /** The names of the repositories that exist. */
  readonly repositories: readonly string[];
  /** The comparison ends after this time, in milliseconds. */
  readonly budgetMs: number;
}

/**
 * Compares the access of everyone under the configured rules with that under other rules: of each user, each robot and
 * clients without a login. Like the server, it calls `decide`. Access tokens are left out, because they never have more
 * rights than their user. Lets other work run every few milliseconds.
 * @param now milliseconds since the epoch
 */
export async function previewRules(
  proposed: readonly Rule[],
  ports: Ports,
  config: Config,
  now: number,
  { repositories, budgetMs }: PreviewOptions,
): Promise<RulesPreview> {
  const { realms, policy: before } = policySettings(config);
  const after: Policy = { ...before, rules: createRuleIndex(proposed) };
  const [removed, added] = [onlyIn(before.rules.rules, proposed), onlyIn(proposed, before.rules.rules)];
  const logins = (await listLogins(ports, config, now)).filter(({ kind }) => kind !== 'token');
  const all = [...before.rules.rules, ...proposed];
  const { probes, isComplete } = chooseProbes(
    [...removed, ...added],
    [
      ...all.flatMap(({ on }) => on.map(({ text }) => text)),
      ...before.publicRepositories.map(({ text }) => text),
      ...rightPatterns(logins),
    ],
    repositories,
    namesIn(logins),
  );
  const comparison: Comparison = { before, after, realms: realmsOf(realms), all };
  const { found, isCut } = await compare(comparison, classesOf(logins, all), probes, budgetMs);
  return {
    changes: merge(found),
    removed: removed.map(formatRule),
    added: added.map(formatRule),
    subjectCount: logins.length,
    repositoryCount: probes.length,
    cut: [
      ...(isComplete ? [] : ['there are too many patterns to compare an example for each pair of them']),
      ...(isCut ? [`the comparison took longer than ${budgetMs / 1000} seconds`] : []),
    ],
  };
}

/** Returns the rules of one list that the other list does not contain, apart from their numbers. */
function onlyIn(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const known = new Set(others.map(contentOf));
  return rules.filter((rule) => !known.has(contentOf(rule)));
}

function contentOf({ effect, actions, to, on, realm, from }: Rule): string {
  return JSON.stringify([effect, actions, to, on.map(({ text }) => text), realm, from?.texts]);
}

function rightPatterns(logins: readonly Login[]): string[] {
  const texts = new Set<string>();
  for (const { subject } of logins)
    if (subject.kind !== 'anonymous')
      // `${claim}` in the pattern of a trust rule stands for any path segment.
      for (const { pattern } of subject.rights) texts.add(pattern.text.replaceAll(/\$\{[^}]*\}/g, '*'));
  return [...texts];
}

function namesIn(logins: readonly Login[]): { users: string[]; groups: string[] } {
  const users = logins.flatMap(({ subject }) => (subject.kind === 'user' ? [subject] : []));
  return {
    users: users.map(({ name }) => name),
    groups: [...new Set(users.flatMap(({ groups }) => groups))],
  };
}

/** Logins for which every decision is the same, because they have the same rights and the rules treat them alike. */
interface LoginClass {
  readonly subject: Subject;
  readonly logins: readonly Login[];
}

/** Groups the logins, so that an installation with ten thousand equal users is compared once. */
function classesOf(logins: readonly Login[], rules: readonly Rule[]): LoginClass[] {
  const named = new Set(rules.flatMap(({ to }) => to));
  const variables = new Set(rules.flatMap(({ on }) => on.flatMap((pattern) => pattern.variables)));
  const keyOf = ({ subject }: Login): string => {
    if (subject.kind === 'anonymous') return subject.kind;
    const rights = subject.rights.map(({ pattern, actions, origin }) => [pattern.text, actions, origin]);
    const name = named.has(`${subject.kind}:${subject.name}`) || variables.has('user') ? subject.name : '';
    const groups = subject.kind === 'user' ? subject.groups : [];
    const relevant = groups.filter((group) => variables.has('group') || named.has(`group:${group}`));
    return JSON.stringify([subject.kind, name, relevant, rights]);
  };
  return [...Map.groupBy(logins, keyOf).values()].map((same) => ({
    subject: (same[0] as Login).subject,
    logins: same,
  }));
}

interface Comparison {
  readonly before: Policy;
  readonly after: Policy;
  readonly realms: readonly Realm[];
  /** The rules of both lists. */
  readonly all: readonly Rule[];
}

/** The change of one class of logins on one repository. */
interface Difference extends Omit<AccessChange, 'repositories' | 'subjects'> {
  readonly of: LoginClass;
  readonly repository: RuleProbe;
}

/** The comparison lets other work run after this many milliseconds. */
const sliceMs = 5;

async function compare(
  comparison: Comparison,
  classes: readonly LoginClass[],
  probes: readonly RuleProbe[],
  budgetMs: number,
): Promise<{ found: readonly Difference[]; isCut: boolean }> {
  const end = performance.now() + budgetMs;
  let sliceEnd = performance.now() + sliceMs;
  const found: Difference[] = [];
  for (const probe of probes) {
    const clients = clientsOf(comparison.all, probe.repository);
    for (const realm of comparison.realms) {
      // Under a public domain, everyone may pull what a client without a login may pull.
      for (const same of classes) {
        found.push(...differencesOf(comparison, same, probe, realm, clients));
        if (performance.now() < sliceEnd) continue;
        if (performance.now() >= end) return { found, isCut: true };
        await nextTick();
        sliceEnd = performance.now() + sliceMs;
      }
    }
  }
  return { found, isCut: false };
}

function differencesOf(
  { before, after }: Comparison,
  of: LoginClass,
  probe: RuleProbe,
  realm: Realm,
  clients: ReturnType<typeof clientsOf>,
): Difference[] {
  const scope = parseScope(`repository:${probe.repository}:pull,push,delete,*`);
  const changed = clients.flatMap(({ address, from }) => {
    const [old] = decide(of.subject, realm, [scope], before, address);
    const [next] = decide(of.subject, realm, [scope], after, address);
    if (old === undefined || next === undefined) return [];
    const gained = next.actions.filter((action) => !old.actions.includes(action));
    const lost = old.actions.filter((action) => !next.actions.includes(action));
    if (gained.length === 0 && lost.length === 0) return [];
    const by = next.deciders.length === 0 ? [next.reason] : next.deciders.map(describeDecider);
    return [{ from, change: { before: old.actions, after: next.actions, gained, lost, by } }];
  });
  return [...Map.groupBy(changed, ({ change }) => JSON.stringify(change)).values()].map((same) => ({
    ...(same[0] as (typeof same)[number]).change,
    of,
    domain: realm.kind,
    repository: probe,
    from: same.length === clients.length ? null : same.map(({ from }) => from),
  }));
}

/** Joins the differences that are equal except for the repository, and then those that are equal except for the class. */
function merge(found: readonly Difference[]): AccessChange[] {
  const ofClasses = [...Map.groupBy(found, ({ of }) => of).values()].flatMap((ofClass) =>
    [
      ...Map.groupBy(ofClass, ({ of: _of, repository: _repository, ...change }) =>
        JSON.stringify(change),
      ).values(),
    ].map((same) => {
      const { of, repository: _repository, ...change } = same[0] as Difference;
      return { of, change: { ...change, repositories: same.map(({ repository }) => repository) } };
    }),
  );
  return [...Map.groupBy(ofClasses, ({ change }) => JSON.stringify(change)).values()].map((same) => {
    const [{ change }] = same as [(typeof same)[number]];
    const logins = same.flatMap(({ of }) => of.logins).sort((a, b) => (a.name < b.name ? -1 : 1));
    const subjects = logins.map(({ kind, name }) => ({ kind, name }));
    return { ...change, subjects };
  });
}
