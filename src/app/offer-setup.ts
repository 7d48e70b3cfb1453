import { createSetupCode } from '../admin/entry/setup.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../observe/log.ts';
import type { Secret } from '../secret.ts';
import type { Store } from '../store/store.ts';

/**
 * Creates the code of the setup link if there is no administrator. If the database cannot be written, for example
 * because the disk is full, the server starts nevertheless, without a link.
 */
export async function offerSetup(
  store: Store,
  clock: Clock,
  { htpasswd }: Pick<Config, 'htpasswd'>,
  log: Log,
): Promise<Secret | undefined> {
  try {
    return await createSetupCode(store, clock, htpasswd);
  } catch (error) {
    log.error('cannot create the link for the first administrator; start dockpass again to try again', error);
    return undefined;
  }
}
