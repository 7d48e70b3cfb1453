import { hash, verify } from '@node-rs/argon2';
import { DockpassError } from '../errors.ts';
import type { Secret } from './secret.ts';

/** OWASP ASVS 5 appendix C: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** Hashes run on node's thread pool, which signing needs too: two leave half of it free. */
const atOnce = 2;
/** More would wait longer than clients do. */
const queueLength = 32;

/** A hash of nothing that anyone knows, at the same cost: an unknown user takes as long as a wrong password. */
const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$Bp7JN4xDIgkjITD2Mett9w$7kKVPoI7kCyaZ0Xw94GFGGqhFTGOyREugzOeGuwByDU';

export interface PasswordHasher {
  /** In PHC string format. */
  hash(password: Secret): Promise<string>;
  /** False, after the same time, where there is no hash to compare with. @throws DockpassError `busy` */
  verify(password: Secret, passwordHash: string | null | undefined): Promise<boolean>;
}

export function createPasswordHasher(): PasswordHasher {
  const gate = createGate(atOnce, queueLength);
  return {
    hash: (password) => gate(() => hash(normalized(password), cost)),
    verify: (password, passwordHash) =>
      gate(async () => {
        const right = await verify(passwordHash ?? nobodysHash, normalized(password));
        return right && passwordHash != null;
      }),
  };
}

/** The same characters typed on two systems may come as different bytes (NIST SP 800-63B-4 section 3.1.1.2). */
function normalized(password: Secret): string {
  return password.reveal().normalize('NFC');
}

/** At most `limit` tasks at once, `room` waiting; whoever comes then is told to come back. */
function createGate(limit: number, room: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) {
      if (waiting.length >= room)
        throw new DockpassError('busy', 'too many logins at once; try again in a few seconds', {
          retryAfter: 2,
        });
      await new Promise<void>((admit) => waiting.push(admit));
    } else {
      running++;
    }
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
