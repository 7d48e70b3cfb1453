import { clockFaultFor } from '../admin/keys/confirmed-clock.ts';
import { keyRingOptions, openKeyStore } from '../admin/keys/key-store.ts';
import { learnAuthority } from '../admin/keys/known-authorities.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { sharedCaMessage } from '../keys/ca/external-ca.ts';
import { watchClock } from '../keys/clock-fault.ts';
import { openKeyRing } from '../keys/open-key-ring.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/**
 * Opens the keys. No certificate is created while the clock shows an implausible time, or in the first hour after the
 * clock was set. A new CA is created only if the database has no record of an earlier CA.
 */
export async function openKeys(config: Config, store: Store, clock: Clock, log: Log) {
  const keyStore = await openKeyStore(config, store);
  const options = await keyRingOptions({ keyStore, store }, clock);
  const wasSet = watchClock(clock);
  let compare = options.clockFault;
  const clockFault = (): string | undefined => {
    // Call `wasSet` even if `compare` reports a fault. Each call of `wasSet` looks only for changes of the clock since
    // the previous call, so it must be called often.
    const fault = wasSet();
    return compare() ?? fault;
  };
  // While the clock seems to be wrong, reads from the database whether an administrator has confirmed the clock with
  // "dockpass keys rotate --trust-clock".
  const readConfirmation = async (): Promise<void> => {
    if (compare() !== undefined) compare = await clockFaultFor(store, clock);
  };
  const onTampering = (path: string): void => logTampering(path, log);
  const keys = await openKeyRing(config.keys, clock, keyStore, { ...options, clockFault, onTampering });
  const sharedReason = keys.sharedReason();
  if (sharedReason !== undefined) log.error(sharedCaMessage(sharedReason), undefined);
  // If the database cannot be written now, for example because the disk is full, the server starts nevertheless.
  await learnAuthority(store, keys.authority()).catch((error: unknown) =>
    log.error(
      'cannot record the certificate authority in the database; trying again at the next start',
      error,
    ),
  );
  return { keys, clockFault, readConfirmation };
}

function logTampering(path: string, log: Log): void {
  log.error(
    'a file that registries trust was changed by another program. dockpass has restored the file. Find out who can write to its folder. Restart every registry that may have read the changed file',
    path,
  );
}
