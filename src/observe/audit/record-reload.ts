import type { Clock } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../log.ts';

/**
 * Records in the audit log that a reload changed the configuration. This is necessary because such a change can affect
 * who has access, and a change of the configuration file is not recorded anywhere else. If the audit log cannot be
 * written, the new configuration is still used.
 */
export async function recordReload(
  store: Store,
  clock: Clock,
  log: Log,
  settings: readonly string[],
): Promise<void> {
  const what = `configuration reloaded, changed: ${settings.join(', ')}`;
  const by = { address: '', client: 'dockpass.yml' };
  try {
    await store.change({ at: clock(), subject: '', what, by }, async () => undefined);
  } catch (error) {
    log.error('cannot record the change of the configuration in the audit log', error);
  }
}
