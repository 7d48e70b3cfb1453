import type { X509Certificate } from 'node:crypto';
import { DockpassError } from '../errors.ts';
import type { Authority } from './ca/authority-type.ts';
import type { KeySettings } from './key-settings.ts';
import type { Leaf, SigningKey } from './signing/signing-key.ts';

/** Milliseconds. A leaf certificate is valid this long before it signs, because the clock of a registry may be slow. */
export const backdate = 60 * 60 * 1000;
/**
 * Milliseconds. The shortest time between the creation of a leaf certificate and its first signature. The first
 * signature then waits for the next full second, because certificates have a resolution of one second. The time is
 * long enough for every process to load the key (see refresh-loop.ts), and short enough to finish a rotation within
 * two seconds.
 */
export const publishLead = 600;
/** Returns the newest key that may sign already. If the clock was set back and none may sign, returns the oldest. */
export function currentKey(keys: readonly SigningKey[], now: number): SigningKey {
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at];
    if (key !== undefined && signsFrom(key.certificate) <= now) return key;
  }
  const first = keys[0];
  if (first === undefined)
    throw new DockpassError('key_files', 'there is no signing key. Run "dockpass keys rotate".');
  return first;
}

export function signsFrom(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + backdate;
}

/**
 * Returns the milliseconds until a successor that must be created now signs for the first time. Returns undefined
 * if no successor is due.
 */
export function dueIn(
  keys: readonly SigningKey[],
  authority: Authority,
  settings: KeySettings,
  now: number,
): number | undefined {
  const newest = keys.at(-1);
  if (newest === undefined || newest.algorithm.name !== settings.algorithm) return 0;
  // After a rollover, a leaf certificate of the new CA is due.
  if (!newest.certificate.verify(authority.certificate.publicKey)) return publishLead;
  const end = newest.certificate.validToDate.getTime();
  // If the CA has expired, a new leaf certificate would be of no use. A warning reports the expired CA.
  if (authority.certificate.validToDate.getTime() <= now) return undefined;
  if (end <= now) return 0;
  // If the certificate of the CA expires first, a new leaf certificate would not be valid longer. Without this
  // check, keys would be created again and again.
  const cutShort = end >= authority.certificate.validToDate.getTime();
  return end - now < settings.rotateBefore * 1000 && !cutShort ? publishLead : undefined;
}

/**
 * Returns false if the successor has signed for longer than any token is valid. Then no valid token of this key is
 * left.
 */
export function mayHaveValidTokens(leaf: Leaf, successor: Leaf | undefined, now: number): boolean {
  const longest = 24 * 60 * 60 * 1000;
  return (
    leaf.certificate.validToDate.getTime() > now &&
    (successor === undefined || now - signsFrom(successor.certificate) < longest)
  );
}
