import type { Clock } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../log.ts';

/** Who may do what has changed without a command: an auditor finds when. What is in force stays so, written or not. */
export async function recordReload(
  store: Store,
  clock: Clock,
  log: Log,
  settings: readonly string[],
): Promise<void> {
  const what = `configuration read again, changed: ${settings.join(', ')}`;
  const by = { address: '', client: 'dockpass.yml' };
  try {
    await store.change({ at: clock(), subject: '', what, by }, async () => undefined);
  } catch (error) {
    log.error('that the configuration has changed cannot be written to the audit log', error);
  }
}
