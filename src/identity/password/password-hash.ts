import * as argon2 from '@node-rs/argon2';
import { bcryptCost, highestBcryptCost, dummyBcryptHash } from './bcrypt-hash.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { importLate } from '../../errors.ts';
import type { Secret } from '../../secret.ts';

/**
 * The argon2id parameters that OWASP ASVS 5 recommends in appendix C. `memoryCost` is in KiB. argon2id is the default
 * algorithm of the library.
 */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/**
 * The largest number of hashes that are computed at the same time. They are computed on Node's thread pool, which has
 * four threads by default. Two of the threads remain free for reading files and resolving host names.
 */
const maxConcurrentHashes = 2;
/**
 * The longest time that a hash may have to wait in the queue, in milliseconds. docker gives up after 15 seconds, and one
 * `docker login` sends two requests.
 */
const maxWaitMs = 5000;
/**
 * The time that a hash is assumed to take before any hash was computed, in milliseconds. On the machines on which
 * dockpass was measured, an argon2id hash takes 9 to 25 ms.
 */
const initialHashMs = 25;
/** The largest number of hashes that wait in the queue. It limits the memory that a flood of logins can use. */
const maxWaitingHashes = 1024;
/**
 * The largest number of logins in a second queue. It holds at most one login of each network, and only of networks
 * whose logins have caused no hash for 15 minutes. While logins wait in both queues, they take turns: every second hash
 * is for a login in the second queue. So the last login in a full second queue waits for about 256 hashes. On a slow
 * machine, the queue holds fewer logins, so that none of them has to wait for more than `maxWaitMs`.
 */
const maxWaitingNetworks = 128;

/**
 * The hash of a random password that no one knows, with the same cost as real hashes. If a user does not exist, the
 * password is compared with this hash, so that the login takes as long as a login with a wrong password.
 */
const dummyArgon2Hash =
  '$argon2id$v=19$m=19456,t=2,p=1$Bp7JN4xDIgkjITD2Mett9w$7kKVPoI7kCyaZ0Xw94GFGGqhFTGOyREugzOeGuwByDU';

export interface PasswordHasher {
  /** Returns an argon2id hash in PHC string format. @throws DockpassError `busy` */
  hash(password: Secret): Promise<string>;
  /**
   * Compares a password with an argon2id or bcrypt hash. If there is no hash, the promise resolves to false after the
   * same time as for a wrong password.
   * @param network the client's network, see `networkOf`. Networks share the queue of hashes fairly
   * @throws DockpassError `busy`
   */
  verify(password: Secret, passwordHash: string | null | undefined, network?: string): Promise<boolean>;
  /**
   * Tells the hasher that some users have a password hash with the type and the cost parameters of `passwordHash`. From
   * then on, the hasher computes one hash of every known type for each wrong password. So response times reveal neither
   * which users exist nor how their passwords are hashed.
   */
  registerHashInUse(passwordHash: string): void;
  /**
   * Checks that the queue of hashes has room for one more hash for this network.
   * @throws DockpassError `busy` if the queue is full
   */
  requireRoom(network: string): void;
}

/**
 * The limit counts each hash computation for a network. If no network of a client is known, for example when a new
 * password is hashed, the limit uses this value as the network.
 */
const ownNetwork = '';

/** The functions that compute and verify hashes. Tests pass their own functions. */
export interface HashLibrary {
  hashArgon2(password: string): Promise<string>;
  verifyArgon2(passwordHash: string, password: string): Promise<boolean>;
  verifyBcrypt(passwordHash: string, password: string): Promise<boolean>;
}

const loadBcrypt = () => importLate(() => import('@node-rs/bcrypt'));

/**
 * Loads the bcrypt library. The server calls this function when it starts, because the files of the library may be
 * replaced by those of a newer version before the first bcrypt hash is verified. Never rejects: if the library cannot
 * be loaded now, the first login that needs it tries again.
 */
export async function preloadBcrypt(): Promise<void> {
  await loadBcrypt().catch(() => {});
}

const defaultLibrary: HashLibrary = {
  hashArgon2: (password) => argon2.hash(password, cost),
  verifyArgon2: argon2.verify,
  // The bcrypt library is not imported with an import statement, because most commands of the command line need only
  // argon2.
  verifyBcrypt: async (passwordHash, password) => (await loadBcrypt()).verify(password, passwordHash),
};

export function createPasswordHasher(library: HashLibrary = defaultLibrary): PasswordHasher {
  const limit = createConcurrencyLimit({
    maxRunning: maxConcurrentHashes,
    maxWaitMs,
    initialTaskMs: initialHashMs,
    maxWaiting: maxWaitingHashes,
    maxWaitingFresh: maxWaitingNetworks,
  });
  let highestCostInUse: number | undefined;
  const registerHashInUse = (passwordHash: string): void => {
    const bcrypt = bcryptCost(passwordHash);
    if (bcrypt !== undefined && bcrypt <= highestBcryptCost)
      highestCostInUse = Math.max(highestCostInUse ?? 0, bcrypt);
  };
  const verifyArgon2 = (passwordHash: string, password: Secret): Promise<boolean> =>
    library.verifyArgon2(passwordHash, normalized(password));
  // The password is not normalized here, because bcrypt hashes were created by other programs, which do not normalize
  // the password.
  const verifyBcrypt = (passwordHash: string, password: Secret): Promise<boolean> =>
    library.verifyBcrypt(passwordHash, password.reveal());

  /**
   * Verifies a password. If the password is wrong, also computes a dummy hash of the other type, so that a wrong
   * password takes equally long for argon2id and bcrypt hashes. If no bcrypt hashes are in use, no dummy hash is
   * needed.
   */
  const verifyAtEqualCost = async (password: Secret, passwordHash: string): Promise<boolean> => {
    const bcrypt = bcryptCost(passwordHash);
    if (bcrypt === undefined) {
      if (await verifyArgon2(passwordHash, password)) return true;
      if (highestCostInUse !== undefined) await verifyBcrypt(dummyBcryptHash(highestCostInUse), password);
      return false;
    }
    if (bcrypt > highestBcryptCost) return false;
    registerHashInUse(passwordHash);
    if (await verifyBcrypt(passwordHash, password)) return true;
    await verifyArgon2(dummyArgon2Hash, password);
    return false;
  };

  return {
    hash: (password) => limit.run(ownNetwork, () => library.hashArgon2(normalized(password))),
    verify: (password, passwordHash, network = ownNetwork) =>
      limit.run(network, async () => {
        const right = await verifyAtEqualCost(password, passwordHash ?? dummyArgon2Hash);
        return right && passwordHash != null;
      }),
    registerHashInUse,
    requireRoom: limit.requireRoom,
  };
}

/**
 * Returns true if the hash is a bcrypt hash. When the user logs in, dockpass replaces such a hash in the store with an
 * argon2id hash.
 */
export function isOutdated(passwordHash: string): boolean {
  return bcryptCost(passwordHash) !== undefined;
}

/**
 * Returns the password in Unicode normalization form C, because two systems may send different bytes for the same
 * characters (NIST SP 800-63B-4 section 3.1.1.2).
 */
function normalized(password: Secret): string {
  return password.reveal().normalize('NFC');
}
