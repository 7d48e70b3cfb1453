import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { toAccount, type Account } from '../identity/account.ts';
import { createAccessTokenAuthenticator, toKnownAccessToken } from '../identity/token/access-token.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import {
  createPasswordCheck,
  createCachedCheck,
  type PasswordCheck,
} from '../identity/password/check-password.ts';
import { lowerThreadPoolPriority } from '../identity/password/thread-pool-priority.ts';
import { openHtpasswdFile, type HtpasswdFile } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdAuthenticator } from '../identity/password/htpasswd-users.ts';
import { createLastUseRecorder } from '../identity/token/last-use.ts';
import { createLocalUserAuthenticator } from '../identity/password/local-users.ts';
import { createPasswordHasher, type PasswordHasher } from '../identity/password/password-hash.ts';
import { createPasswordAuthenticator } from '../identity/password/password-authenticator.ts';
import { createBackgroundRehash } from '../identity/password/rehash.ts';
import { createCachedCredentials } from '../identity/password/cached-credentials.ts';
import { toKnownRobot, createRobotAuthenticator } from '../identity/token/robot.ts';
import { shareAttempts } from '../identity/throttle/shared-attempts.ts';
import { createThrottle } from '../identity/throttle/throttle.ts';
import type { Log } from '../observe/log.ts';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { Store } from '../store/store.ts';

export interface Logins {
  readonly chain: readonly Authenticator[];
  /** Those of the names that a user or a robot has, disabled or not. */
  known(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Writes the last uses that are still held. */
  close(): Promise<void>;
}

/**
 * The composition root's part that says who may log in, and how. Secrets that nobody can guess come first, each known
 * by its prefix; whatever could be guessed stands behind the throttle. A new way in (LDAP, OIDC) is one more line here.
 * @throws DockpassError `bad_configuration` where the htpasswd file cannot be used
 */
export async function createLogins(
  config: Config,
  store: Store,
  findUser: (name: string) => Promise<Account | undefined>,
  clock: Clock,
  log: Log,
): Promise<Logins> {
  const hasher = createPasswordHasher();
  lowerThreadPoolPriority();
  const remembered = createCachedCredentials(config.passwords.remember, clock);
  const check = createPasswordCheck(hasher, remembered);
  const failedToWrite = (what: string) => (error: unknown) =>
    log.error(`last uses of ${what} cannot be written; they are tried again`, error);
  const tokenUses = createLastUseRecorder(store.accessTokens.used, clock, failedToWrite('access tokens'));
  const robotUses = createLastUseRecorder(store.robots.used, clock, failedToWrite('robots'));
  const findToken = cacheUntilChanged(store, async (hash) => {
    const found = await store.accessTokens.findWithOwner(hash);
    return found && toKnownAccessToken(found.token, toAccount(found.owner));
  });
  const findRobot = cacheUntilChanged(store, async (hash) => {
    const found = await store.robots.findBySecret(hash);
    return found && toKnownRobot(found);
  });
  const rehash = createBackgroundRehash(store.users, hasher, remembered, log.error);
  const file = config.htpasswd === null ? undefined : await openHtpasswd(config.htpasswd, hasher, log);
  /** Whatever can be guessed, with one way or another to check a password. */
  const guessable = (check: PasswordCheck): Authenticator[] => [
    createLocalUserAuthenticator(findUser, check, rehash),
    ...(file === undefined ? [] : [createHtpasswdAuthenticator(file, config.htpasswdRole, check)]),
  ];
  // In one process, or counted for all that share the database.
  const throttle = createThrottle(
    clock,
    store.announcements && {
      createRecorder: shareAttempts(store.announcements),
      ...(config.keys.secret !== null && { fingerprintKey: guessKey(config.keys.secret) }),
    },
  );
  const unlockedAt = async (name: string): Promise<number | null> =>
    (await findUser(name))?.unlockedAt ?? null;
  return {
    chain: [
      createAccessTokenAuthenticator({ find: findToken, lastUses: tokenUses, clock }),
      createRobotAuthenticator({ find: findRobot, lastUses: robotUses, clock }),
      createPasswordAuthenticator(
        throttle,
        guessable(check),
        guessable(createCachedCheck(remembered)),
        check,
        unlockedAt,
        hasher.requireRoom,
      ),
    ],
    known: async (names) => {
      const taken = await store.users.namesTaken(names);
      if (file === undefined) return taken;
      const { hashes } = await file.current();
      return new Set([...taken, ...names.filter((name) => hashes.has(name))]);
    },
    close: async () => {
      throttle.close();
      await Promise.all([tokenUses.close(), robotUses.close()]);
    },
  };
}

function openHtpasswd(path: string, hasher: PasswordHasher, log: Log): Promise<HtpasswdFile> {
  return openHtpasswdFile(
    path,
    (fault) => log.error(fault, undefined),
    ({ hashes, unusable }) => {
      for (const hash of hashes.values()) hasher.registerHashInUse(hash);
      log.info(`htpasswd: read ${path}, users: ${hashes.size}`);
      if (unusable.length > 0)
        log.warn(`htpasswd: refused, because their line is no bcrypt: ${unusable.join(', ')}`);
    },
  );
}

/** All servers have the secret, and the database does not. */
function guessKey(secret: string): string {
  return createHmac('sha256', secret).update('dockpass guesses').digest('base64');
}
