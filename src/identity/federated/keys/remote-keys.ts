import { messageOf } from '../../../errors.ts';
import { formatKeySet, parseKeySet, type KeySet } from '../../../trust/key-set.ts';
import type { KeyAccess, KeyParts, KeySource } from './key-source.ts';
import { loadRemoteKeySet } from './load-remote.ts';
import { createVerificationKeys, type VerificationKeys } from './verification-keys.ts';

/** The shortest time between two attempts to read a key set from its issuer, in milliseconds. */
const attemptIntervalMs = 30_000;
/** How long one attempt may take, with the discovery document, in milliseconds. */
const attemptTimeoutMs = 8_000;
const hourMs = 3_600_000;
/** The age from which a key set that is in use is read again, while its keys count as before. */
const refreshAgeMs = hourMs - 10 * 60_000;
/** The age up to which keys count without asking the issuer. */
const freshAgeMs = hourMs;
/** The age up to which keys count while the issuer cannot be reached: 24 hours more. */
export const maxAgeMs = freshAgeMs + 24 * hourMs;
/** By how much the clocks of servers that share a database may differ. */
const maxSkewMs = 60_000;
/** The age from which the database forgets the key set of an issuer that no server asks for. */
const forgottenAfterMs = 7 * 24 * hourMs;

interface Current {
  readonly keys: VerificationKeys;
  /** When an issuer has last answered with these keys, in milliseconds since the epoch. */
  readAt: number;
}

/**
 * Creates the source of a key set that is read over https. The key set is read when a JWT needs it, and again
 *
 * - at least hourly while it is in use. Usually this happens before the hour is over, so that no login waits for it.
 *   A login waits only if the key set has not been used for a while;
 * - for a JWT with a key that is not in the set.
 *
 * Every attempt counts, and between two attempts are at least 30 seconds. All logins that need the key set at the same
 * time share one attempt. The database stores the key set, for the time after a restart and for other servers.
 */
export function createRemoteKeys(
  source: string,
  location: { readonly issuer: string; readonly jwks: string | undefined },
  { store, clock, log }: KeyParts,
): KeySource {
  const name = location.jwks ?? location.issuer;
  let current: Current | undefined;
  let failure: string | undefined;
  let attemptedAt = -Infinity;
  let attempt: Promise<void> | undefined;
  let loading: Promise<void> | undefined;
  const closing = new AbortController();

  const ageOf = (known: Current): number => {
    // If the clock was wrong when the key set was read, the key set must not count for longer because of that.
    known.readAt = Math.min(known.readAt, clock());
    return clock() - known.readAt;
  };
  const usable = (): VerificationKeys | undefined =>
    current !== undefined && ageOf(current) < maxAgeMs ? current.keys : undefined;

  /** Takes the key set from the database, if another server or an earlier process has read it later than this one. */
  const adoptStored = async (): Promise<void> => {
    try {
      const stored = await store.issuerKeys.find(source);
      if (stored === undefined) return;
      const readAt = stored.readAt * 1000;
      // A server whose clock is ahead has stored the key set. When it was really read is not known.
      if (readAt > clock() + maxSkewMs) return;
      const keySet = parseKeySet(stored.keySet);
      if (typeof keySet !== 'string' && readAt > (current?.readAt ?? -Infinity))
        current = { keys: createVerificationKeys(keySet), readAt };
    } catch (error) {
      log.error(`trust: cannot read the keys of ${name} from the database; asking the issuer`, error);
    }
  };

  const save = async (keySet: KeySet, readAt: number): Promise<void> => {
    try {
      const readAtSeconds = Math.floor(readAt / 1000);
      await store.issuerKeys.save({ source, keySet: formatKeySet(keySet), readAt: readAtSeconds });
      await store.issuerKeys.removeBefore(readAtSeconds - forgottenAfterMs / 1000);
    } catch (error) {
      log.error(`trust: cannot store the keys of ${name} in the database`, error);
    }
  };

  const readFromIssuer = async (access: KeyAccess): Promise<void> => {
    const timeout = new AbortController();
    const timer = setTimeout(
      () => timeout.abort(new Error(`no complete answer within ${attemptTimeoutMs / 1000} seconds`)),
      attemptTimeoutMs,
    );
    const close = (): void => timeout.abort(new Error('the server stops'));
    closing.signal.addEventListener('abort', close);
    try {
      const text = await loadRemoteKeySet(location, { ...access, signal: timeout.signal });
      const keySet = parseKeySet(text);
      if (typeof keySet === 'string') throw new Error(keySet);
      const readAt = clock();
      current = { keys: createVerificationKeys(keySet), readAt };
      if (failure !== undefined) log.info(`trust: the keys of ${name} can be read again`);
      failure = undefined;
      await save(keySet, readAt);
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== failure && !closing.signal.aborted)
        log.warn(
          `trust: cannot read the keys of ${name}: ${problem}. Keys that are known already count for at most 24 hours more.`,
        );
      failure = problem;
    } finally {
      clearTimeout(timer);
      closing.signal.removeEventListener('abort', close);
    }
  };

  const canTry = (): boolean => {
    const now = clock();
    // If the clock was wrong at the last attempt, the next one must not wait for longer because of that.
    attemptedAt = Math.min(attemptedAt, now);
    return attempt === undefined && now - attemptedAt >= attemptIntervalMs && !closing.signal.aborted;
  };

  /** Reads the key set again. If this was tried in the last 30 seconds, only waits for an attempt that is running. */
  const tryAgain = async (access: KeyAccess): Promise<void> => {
    if (canTry()) {
      attemptedAt = clock();
      attempt = readFromIssuer(access).finally(() => (attempt = undefined));
    }
    await attempt;
  };

  const refresh = async (access: KeyAccess): Promise<void> => {
    if (canTry()) {
      // Another server may have read the key set already.
      await (loading ??= adoptStored().finally(() => (loading = undefined)));
      if (current !== undefined && ageOf(current) < refreshAgeMs) return;
    }
    await tryAgain(access);
  };

  return {
    read: (access) => {
      if (current !== undefined && ageOf(current) < refreshAgeMs) return current.keys;
      const refreshing = refresh(access);
      // While the issuer cannot be reached, no login waits for it.
      const waits = current === undefined || (ageOf(current) >= freshAgeMs && failure === undefined);
      return waits ? refreshing.then(usable) : usable();
    },
    readAgain: async (access) => {
      await tryAgain(access);
      return usable();
    },
    get failure() {
      return failure;
    },
    close: async () => {
      closing.abort();
      await Promise.all([attempt, loading]);
    },
  };
}
