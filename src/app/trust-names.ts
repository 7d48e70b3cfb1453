import type { Config } from '../config/load.ts';
import { DockpassError, importLate } from '../errors.ts';
import type { Store } from '../store/store.ts';

/**
 * Checks that no trust rule of the configuration has the name of one in the database. Without trust rules in the
 * configuration, nothing is loaded and the database is not asked. If the database cannot be read now, nothing is
 * checked: a rule in the database with such a name grants nothing in any case.
 * @throws DockpassError `bad_configuration`
 */
export async function requireUniqueTrustNames(
  store: Pick<Store, 'trustRules'>,
  config: Pick<Config, 'trust'>,
): Promise<void> {
  if (config.trust.length === 0) return;
  const { findNameConflicts } = await importLate(() => import('../admin/trust/name-conflicts.ts'));
  const conflicts = await findNameConflicts(store, config).catch(() => []);
  if (conflicts.length > 0) throw new DockpassError('bad_configuration', conflicts.join('\n'));
}
