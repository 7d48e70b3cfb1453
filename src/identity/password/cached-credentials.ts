import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createLru } from '../../cache/lru.ts';
import type { Clock } from '../../clock.ts';
import type { Secret } from '../../secret.ts';

/** Names. At least half of them, the most recently used, stay cached. A name that was dropped costs one more hash. */
const capacity = 40_000;
/** Wrong passwords after which a memory is given up: who guesses on pays with a hash, behind the throttle. */
const missesAtMost = 10;

/**
 * Passwords that were verified a moment ago, so that a fleet that logs in again and again costs one hash. Kept as a
 * keyed hash; the key lives as long as the process. The stored hash goes into it: a password change forgets at once.
 */
export interface CachedCredentials {
  holds(name: string, password: Secret, passwordHash: string): boolean;
  remember(name: string, password: Secret, passwordHash: string): void;
  /** Tells two passwords apart without holding either. Good for as long as the process lives. */
  fingerprint(password: Secret, passwordHash: string): string;
}

/** @param lifetime seconds; 0 remembers nothing */
export function createCachedCredentials(lifetime: number, clock: Clock): CachedCredentials {
  // 256 bits that nobody knows, of a fixed length, before all else: what comes out tells nothing, and is never shown. An
  // HMAC would say no more, and node makes one at three times the price.
  const key = randomBytes(32).toString('hex');
  const known = createLru<{ readonly mac: Buffer; readonly until: number; misses: number }>(capacity);
  const macOf = (password: Secret, passwordHash: string): Buffer =>
    hash('sha256', `${key}${passwordHash}\0${password.reveal()}`, 'buffer');
  return {
    fingerprint: (password, passwordHash) => macOf(password, passwordHash).toString('base64'),
    holds: (name, password, passwordHash) => {
      const entry = known.get(name);
      if (entry === undefined || clock() >= entry.until) return false;
      if (timingSafeEqual(entry.mac, macOf(password, passwordHash))) return true;
      if (++entry.misses >= missesAtMost) known.delete(name);
      return false;
    },
    remember: (name, password, passwordHash) => {
      if (lifetime === 0) return;
      known.set(name, { mac: macOf(password, passwordHash), until: clock() + lifetime * 1000, misses: 0 });
    },
  };
}
