import * as argon2 from '@node-rs/argon2';
import { bcryptCost, highestBcryptCost, dummyBcryptHash } from './bcrypt-hash.ts';
import { createHashGate } from './concurrency-limit.ts';
import type { Secret } from '../../secret.ts';

/** OWASP ASVS 5 appendix C: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** Hashes run on node's thread pool: two leave half of it to files and names, and what is left of a processor to tokens. */
const atOnce = 2;
/** More would wait longer than clients do. */
const queueLength = 32;

/** A hash of nothing that anyone knows, at the same cost: an unknown user takes as long as a wrong password. */
const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$Bp7JN4xDIgkjITD2Mett9w$7kKVPoI7kCyaZ0Xw94GFGGqhFTGOyREugzOeGuwByDU';

export interface PasswordHasher {
  /** In PHC string format. @throws DockpassError `busy` */
  hash(password: Secret): Promise<string>;
  /** False, after the same time, where there is no hash to compare with. @throws DockpassError `busy` */
  verify(password: Secret, passwordHash: string | null | undefined): Promise<boolean>;
  /**
   * Takes note that such hashes are in use. From then on every refusal costs one of them too, so that its time does not
   * tell whether a name is known, nor how its password is kept.
   */
  expect(passwordHash: string): void;
  /** @throws DockpassError `busy` where a hash would not even be waited for */
  requireRoom(): void;
}

/** What does the work; a test gives its own. */
export interface HashLibrary {
  hashArgon2(password: string): Promise<string>;
  verifyArgon2(passwordHash: string, password: string): Promise<boolean>;
  verifyBcrypt(passwordHash: string, password: string): Promise<boolean>;
}

const library: HashLibrary = {
  hashArgon2: (password) => argon2.hash(password, cost),
  verifyArgon2: argon2.verify,
  // Loaded where there is such a hash: most installations have none.
  verifyBcrypt: async (passwordHash, password) =>
    (await import('@node-rs/bcrypt')).verify(password, passwordHash),
};

export function createPasswordHasher(use: HashLibrary = library): PasswordHasher {
  const gate = createHashGate(atOnce, queueLength);
  let expectedBcrypt: number | undefined;
  const expect = (passwordHash: string): void => {
    const bcrypt = bcryptCost(passwordHash);
    if (bcrypt !== undefined && bcrypt <= highestBcryptCost)
      expectedBcrypt = Math.max(expectedBcrypt ?? 0, bcrypt);
  };
  const verifyArgon2 = (passwordHash: string, password: Secret): Promise<boolean> =>
    use.verifyArgon2(passwordHash, normalized(password));
  // bcrypt hashes come from elsewhere, where the bytes were hashed as they were typed.
  const verifyBcrypt = (passwordHash: string, password: Secret): Promise<boolean> =>
    use.verifyBcrypt(passwordHash, password.reveal());

  /** One hash of each kind that is in use, whichever of them was the real one. */
  const verifyAtEqualCost = async (password: Secret, passwordHash: string): Promise<boolean> => {
    const bcrypt = bcryptCost(passwordHash);
    if (bcrypt === undefined) {
      if (await verifyArgon2(passwordHash, password)) return true;
      if (expectedBcrypt !== undefined) await verifyBcrypt(dummyBcryptHash(expectedBcrypt), password);
      return false;
    }
    if (bcrypt > highestBcryptCost) return false;
    expect(passwordHash);
    if (await verifyBcrypt(passwordHash, password)) return true;
    await verifyArgon2(nobodysHash, password);
    return false;
  };

  return {
    hash: (password) => gate.run(() => use.hashArgon2(normalized(password))),
    verify: (password, passwordHash) =>
      gate.run(async () => {
        const right = await verifyAtEqualCost(password, passwordHash ?? nobodysHash);
        return right && passwordHash != null;
      }),
    expect,
    requireRoom: gate.requireRoom,
  };
}

/** Is the hash of a kind that the next login should replace? */
export function isOutdated(passwordHash: string): boolean {
  return bcryptCost(passwordHash) !== undefined;
}

/** The same characters typed on two systems may come as different bytes (NIST SP 800-63B-4 section 3.1.1.2). */
function normalized(password: Secret): string {
  return password.reveal().normalize('NFC');
}
