import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { isPostgres, openExistingStore } from '../../store/open-store.ts';
import type { Ports } from '../../store/store.ts';
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
 * Checks that no trust rule of the configuration has the name of one in the database. A server calls this function when
 * it starts and when it reads a changed configuration.
 * @throws DockpassError `bad_configuration`
 */
export async function requireUniqueRuleNames(
  ports: Pick<Ports, 'trustRules'>,
  config: Pick<Config, 'trust'>,
): Promise<void> {
  const conflicts = await findNameConflicts(ports, config);
  if (conflicts.length > 0) throw new DockpassError('bad_configuration', conflicts.join('\n'));
}

/**
 * Like `requireUniqueRuleNames`, for a command that has no open database. If the database does not exist yet, there are
 * no conflicts. This function never creates a database.
 * @returns warnings if the database cannot be read
 * @throws DockpassError `bad_configuration`
 */
export async function checkRuleNames(config: Pick<Config, 'trust' | 'database'>): Promise<string[]> {
  if (config.trust.length === 0) return [];
  try {
    const store = await openExistingStore(config.database);
    if (store === undefined) return [];
    try {
      await requireUniqueRuleNames(store, config);
      return [];
    } finally {
      await store.close();
    }
  } catch (error) {
    // The configuration can be valid even if its database server cannot be reached from this machine.
    const isUnread = error instanceof DockpassError && error.code !== 'bad_configuration';
    if (!isUnread || !isPostgres(config.database)) throw error;
    return [`cannot check whether trust rules in the database have the same names: ${error.message}`];
  }
}
