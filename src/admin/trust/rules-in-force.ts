import type { Config } from '../../config/load.ts';
import type { Ports, StoredTrustRule } from '../../store/store.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';
import { parseStoredRule } from './definition.ts';

/** A trust rule of the file or of the database. */
export interface KnownRule {
  readonly name: string;
  readonly origin: TrustRule['origin'];
  /** Undefined if the rule in the database does not fit the present configuration. Such a rule grants nothing. */
  readonly rule: TrustRule | undefined;
  /** Why `rule` is undefined, and what to do. */
  readonly problem?: string;
  readonly stored?: StoredTrustRule;
  /** Texts that sort the rules in the order in which they are tried. */
  readonly order: readonly [origin: string, position: string];
}

/**
 * Reads the trust rules in the order in which they are tried: those of the configuration, then those of the database in
 * the order in which they were added.
 */
export async function readKnownRules(
  { trustRules }: Pick<Ports, 'trustRules'>,
  config: Pick<Config, 'trust' | 'up'>,
): Promise<readonly KnownRule[]> {
  const inFile = config.trust.map((rule, at): KnownRule => {
    return { name: rule.name, origin: 'file', rule, order: ['0', orderOf(at)] };
  });
  const names = new Set(inFile.map(({ name }) => name));
  const stored = (await trustRules.list()).map((row): KnownRule => {
    const order = ['1', orderOf(row.position)] as const;
    const known = { name: row.name, origin: 'database', stored: row, order } as const;
    // A server with such a configuration does not start. This can only be seen while the configuration is changed.
    if (names.has(row.name)) return { ...known, rule: undefined, problem: describeConflict(row.name) };
    return { ...known, ...parseStoredRule(row, config) };
  });
  return [...inFile, ...stored];
}

function orderOf(position: number): string {
  return String(position).padStart(16, '0');
}

/** Returns the rules that logins are matched with, in the order in which they are tried. */
export async function readRulesInForce(
  ports: Pick<Ports, 'trustRules'>,
  config: Pick<Config, 'trust' | 'up'>,
): Promise<readonly TrustRule[]> {
  return (await readKnownRules(ports, config)).flatMap(({ rule }) => rule ?? []);
}

/** Returns the configuration with all trust rules that count in `trust`, also those of the database. */
export async function withStoredRules(ports: Pick<Ports, 'trustRules'>, config: Config): Promise<Config> {
  return { ...config, trust: await readRulesInForce(ports, config) };
}

/** Says that a name is taken twice, and what to do. */
export function describeConflict(name: string): string {
  return `the trust rule ${name} is in the configuration file and in the database: rename it in the file, or remove it from the database with "dockpass trust remove ${name}"`;
}
