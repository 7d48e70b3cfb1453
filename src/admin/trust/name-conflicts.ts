import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import type { Ports } from '../../store/store.ts';
import { readExisting } from '../read-existing.ts';
import { describeConflict } from './rules-in-force.ts';

/**
 * Finds names that a trust rule of the configuration and one of the database both have. Reads the database only if the
 * configuration has trust rules.
 * @returns one line of text for each name
 */
export async function findNameConflicts(
  { trustRules }: Pick<Ports, 'trustRules'>,
  { trust }: Pick<Config, 'trust'>,
): Promise<string[]> {
  if (trust.length === 0) return [];
  const stored = new Set((await trustRules.list()).map(({ name }) => name));
  return trust.filter(({ name }) => stored.has(name)).map(({ name }) => describeConflict(name));
}

/**
 * Checks that no trust rule of the configuration has the name of one in the database, for a command that has no open
 * database.
 * @returns warnings if the database cannot be read
 * @throws DockpassError `bad_configuration`
 */
export async function checkRuleNames(config: Pick<Config, 'trust' | 'database'>): Promise<string[]> {
  if (config.trust.length === 0) return [];
  const { problems, warnings } = await readExisting(
    config,
    (store) => findNameConflicts(store, config),
    'cannot check whether trust rules in the database have the same names',
  );
  if (problems.length > 0) throw new DockpassError('bad_configuration', problems.join('\n'));
  return warnings;
}
