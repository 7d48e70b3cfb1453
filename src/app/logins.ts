import { createHmac } from 'node:crypto';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { findUnsharedAttempts } from '../identity/throttle/unshared-attempts.ts';
import { createAccountFinder, toAccount } from '../identity/account.ts';
import type { Authenticator, TokenAuthenticator } from '../identity/authenticator.ts';
import { createConsolePeople, type ConsolePeople } from '../identity/console/console-people.ts';
import { createCachedCredentials } from '../identity/password/cached-credentials.ts';
import {
  createCachedCheck,
  createPasswordCheck,
  type PasswordCheck,
} from '../identity/password/check-password.ts';
import { openHtpasswdFile, type HtpasswdFile } from '../identity/password/htpasswd-file.ts';
import { createHtpasswdAuthenticator, createHtpasswdSubject } from '../identity/password/htpasswd-users.ts';
import { createLocalUserAuthenticator } from '../identity/password/local-users.ts';
import { createPasswordAuthenticator } from '../identity/password/password-authenticator.ts';
import {
  createPasswordHasher,
  preloadBcrypt,
  type PasswordHasher,
} from '../identity/password/password-hash.ts';
import { createBackgroundRehash } from '../identity/password/rehash.ts';
import { lowerThreadPoolPriority } from '../identity/password/thread-pool-priority.ts';
import { protectBroadcast, type IgnoredReason } from '../identity/throttle/protected-broadcast.ts';
import { shareAttempts } from '../identity/throttle/shared-attempts.ts';
import { createThrottle, type Throttle } from '../identity/throttle/throttle.ts';
import { createAccessTokenAuthenticator, toKnownAccessToken } from '../identity/token/access-token.ts';
import { createLastUseRecorder } from '../identity/token/last-use.ts';
import { createRobotAuthenticator, toKnownRobot } from '../identity/token/robot.ts';
import type { Log } from '../observe/log.ts';
import type { UserSubject } from '../policy/subject.ts';
import type { Store } from '../store/store.ts';

export interface Logins {
  /**
   * Returns the authenticators, in the order in which the server tries them.
   * @param jwt the authenticator of JWTs. It depends on the trust rules, which a reload of the configuration can change
   */
  authenticatorsWith(jwt: Authenticator): readonly Authenticator[];
  /** Those of the authenticators that need no name: for access tokens and for the secrets of robots. */
  readonly tokenAuthenticators: readonly TokenAuthenticator[];
  /** The people who can sign in to the console. */
  readonly people: ConsolePeople;
  /** Finds a user of the htpasswd file who can log in. */
  findHtpasswdUser(name: string): Promise<UserSubject | undefined>;
  /** The rate limit of failed login attempts. */
  readonly throttle: Pick<Throttle, 'attempt' | 'reject'>;
  /** Returns those `names` that belong to existing users or robots, including disabled ones. */
  findTakenNames(names: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Writes the last-use times of access tokens and robot secrets to the database, if they are so far only in memory.
   */
  close(): Promise<void>;
}

/**
 * Creates the authenticators. Access tokens and robot secrets are checked first and without a rate limit, because the
 * server recognizes them by a prefix, and because they are too long to be found by trial. JWTs of CI platforms follow
 * (src/app/federated/). Passwords are checked last and with a rate limit. To add another kind of login, add an
 * authenticator to the list at the end of this function.
 * @throws DockpassError `bad_configuration` if the htpasswd file cannot be used
 */
export async function createLogins(config: Config, store: Store, clock: Clock, log: Log): Promise<Logins> {
  const hasher = createPasswordHasher();
  lowerThreadPoolPriority();
  // An htpasswd file contains bcrypt hashes, so the bcrypt library is loaded at the start. Without an htpasswd file, it
  // is loaded only when the first bcrypt hash is verified.
  if (config.htpasswd !== null) await preloadBcrypt();
  const htpasswd =
    config.htpasswd === null ? undefined : await openHtpasswd(config.htpasswd, hasher, store, log);

  const accessTokenUses = createLastUseRecorder(store.accessTokens.used, clock, (error) =>
    log.error('cannot write the last-use times of access tokens; trying again', error),
  );
  const findAccessToken = cacheUntilChanged(store, async (hash) => {
    const found = await store.accessTokens.findWithOwner(hash);
    return found && toKnownAccessToken(found.token, toAccount(found.owner));
  });

  const robotUses = createLastUseRecorder(store.robots.used, clock, (error) =>
    log.error('cannot write the last-use times of robots; trying again', error),
  );
  const findRobot = cacheUntilChanged(store, async (hash) => {
    const found = await store.robots.findBySecret(hash);
    return found && toKnownRobot(found);
  });

  const findUser = createAccountFinder(store);
  const isBlocked = cacheUntilChanged(store, (name) => store.htpasswdUsers.isBlocked(name));
  const credentials = createCachedCredentials(config.passwords.remember, clock);
  const rehash = createBackgroundRehash(store.users, hasher, credentials, log.error);
  const passwordAuthenticators = (check: PasswordCheck): Authenticator[] => [
    createLocalUserAuthenticator(findUser, check, rehash),
    ...(htpasswd === undefined
      ? []
      : [createHtpasswdAuthenticator(htpasswd, config.htpasswdRole, check, isBlocked)]),
  ];
  const check = createPasswordCheck(hasher, credentials);
  const readUnlockedAt = async (name: string): Promise<number | null> =>
    (await findUser(name))?.unlockedAt ?? null;
  const throttle = createServerThrottle(config, store, clock, log, readUnlockedAt);
  for (const warning of findUnsharedAttempts(config)) log.warn(warning);

  const tokenAuthenticators = [
    createAccessTokenAuthenticator({ find: findAccessToken, lastUses: accessTokenUses, clock }),
    createRobotAuthenticator({ find: findRobot, lastUses: robotUses, clock }),
  ];

  const passwordAuthenticator = createPasswordAuthenticator(
    throttle,
    passwordAuthenticators(check),
    passwordAuthenticators(createCachedCheck(credentials)),
    check,
    async (name) => {
      const user = await findUser(name);
      const accountExists = user !== undefined || (await htpasswd?.current())?.hashes.has(name) === true;
      return { unlockedAt: user?.unlockedAt ?? null, accountExists };
    },
    hasher.requireRoom,
  );

  return {
    people: createConsolePeople({
      findUser,
      htpasswd: htpasswd && { file: htpasswd, role: config.htpasswdRole },
      isBlocked,
    }),
    findHtpasswdUser: async (name) => {
      const isKnown = (await htpasswd?.current())?.hashes.has(name) === true;
      return isKnown && !(await isBlocked(name))
        ? createHtpasswdSubject(name, config.htpasswdRole)
        : undefined;
    },
    throttle,
    tokenAuthenticators,
    authenticatorsWith: (jwt) => [...tokenAuthenticators, jwt, passwordAuthenticator],
    findTakenNames: async (names) => {
      const taken = await store.users.namesTaken(names);
      if (htpasswd === undefined) return taken;
      const { hashes } = await htpasswd.current();
      return new Set([...taken, ...names.filter((name) => hashes.has(name))]);
    },
    close: async () => {
      throttle.close();
      await Promise.all([accessTokenUses.close(), robotUses.close()]);
    },
  };
}

/**
 * Creates the rate limit for failed login attempts. If the database is PostgreSQL and `keys.secret` is set, the limit
 * counts the failed attempts at all servers that share the database. Without that secret, servers cannot recognize each
 * other's messages, because any role that may connect to the database can send messages too.
 */
function createServerThrottle(
  config: Config,
  store: Store,
  clock: Clock,
  log: Log,
  readUnlockedAt: (name: string) => Promise<number | null>,
): Throttle {
  const { secret } = config.keys;
  if (store.broadcast === undefined || secret === null) return createThrottle(clock);
  const broadcast = protectBroadcast(store.broadcast, secret, clock, warnOfIgnoredMessages(log));
  return createThrottle(clock, {
    createRecorder: shareAttempts(broadcast, readUnlockedAt),
    fingerprintKey: throttleKey(secret),
  });
}

/** The shortest time between two warnings about ignored messages (see `warnOfIgnoredMessages`), in milliseconds. */
const warningIntervalMs = 60_000;
const ignoredReasons: Readonly<Record<IgnoredReason, string>> = {
  'not authentic':
    'it was not sent with this keys.secret. Run the same version of dockpass with the same keys.secret on all servers. If they already are the same, another role sends messages. Allow only the role of dockpass to connect to the database',
  'wrong time':
    'the time in the message differs by more than a minute from the clock of this machine. Correct the clocks of all servers. While their clocks differ, servers do not count failed login attempts together',
  repeated:
    'the message was sent a second time. So another role can read and send messages. Allow only the role of dockpass to connect to the database',
};

/**
 * Servers send each other messages about failed login attempts through the database. This function returns a function
 * that logs why such a message is ignored. It logs at most one warning a minute. Otherwise, anyone who may connect to
 * the database could fill the log by sending messages.
 */
function warnOfIgnoredMessages(log: Log): (reason: IgnoredReason) => void {
  let warnedAt = -Infinity;
  return (reason) => {
    if (performance.now() - warnedAt < warningIntervalMs) return;
    warnedAt = performance.now();
    log.warn(`ignored a message that came through the database: ${ignoredReasons[reason]}.`);
  };
}

/**
 * Derives a key from the secret `keys.secret`. All servers have this secret, but the database does not contain it. With
 * the derived key, servers compute fingerprints of passwords. They send these fingerprints to each other through the
 * database, so that they can count failed login attempts together. The label in the code must not change, because
 * servers of different versions must derive the same key.
 */
function throttleKey(secret: string): string {
  return createHmac('sha256', secret).update('dockpass guesses').digest('base64');
}

function openHtpasswd(path: string, hasher: PasswordHasher, store: Store, log: Log): Promise<HtpasswdFile> {
  return openHtpasswdFile(
    path,
    (fault) => log.error(fault, undefined),
    ({ hashes, unusable }) => {
      for (const hash of hashes.values()) hasher.registerHashInUse(hash);
      log.info(`htpasswd: read ${path} (number of users: ${hashes.size})`);
      if (unusable.length > 0)
        log.warn(
          `htpasswd: these users cannot log in, because their password hash is not bcrypt: ${unusable.join(', ')}. Set their passwords again with htpasswd -B.`,
        );
      warnOfRobots(hashes, store, log).catch((error: unknown) =>
        log.error('htpasswd: cannot check whether a robot has the same name as a user', error),
      );
    },
  );
}

/** Logs which users of the htpasswd file cannot log in because a robot has the same name. */
async function warnOfRobots(hashes: ReadonlyMap<string, string>, store: Store, log: Log): Promise<void> {
  const robots = (await store.robots.list()).map(({ name }) => name).filter((name) => hashes.has(name));
  if (robots.length > 0)
    log.warn(
      `htpasswd: these users cannot log in, because robots have the same names: ${robots.join(', ')}. Choose other names for the users or for the robots.`,
    );
}
