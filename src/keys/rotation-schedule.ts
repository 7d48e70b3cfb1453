import type { X509Certificate } from 'node:crypto';
import { DockpassError } from '../errors.ts';
import type { Authority } from './ca/authority-type.ts';
import type { KeySettings } from './key-settings.ts';
import type { Leaf, SigningKey } from './signing/signing-key.ts';

/**
 * A leaf certificate becomes valid this many milliseconds before its key starts to sign, because the clock of a
 * registry may be slow.
 */
export const backdate = 60 * 60 * 1000;
/**
 * The minimum time between the creation of a leaf certificate and the first signature of its key, in milliseconds. The
 * times in a certificate are full seconds, so the first signature is delayed further until the next full second. The
 * minimum is long enough for every process to load the key (see refresh-loop.ts), and short enough to finish a rotation
 * within two seconds.
 */
export const publishLead = 600;
/**
 * Returns the newest key that is already allowed to sign. If no key is allowed to sign yet, because the clock was set
 * back, returns the oldest key.
 */
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
 * If a new signing key must be created now, returns the delay in milliseconds before the new key starts to sign. If no
 * new key is needed now, returns undefined.
 */
export function dueIn(
  keys: readonly SigningKey[],
  authority: Authority,
  settings: KeySettings,
  now: number,
): number | undefined {
  const newest = keys.at(-1);
  if (newest === undefined || newest.algorithm.name !== settings.algorithm) return 0;
  // If the newest leaf certificate was not issued by the current CA, for example after a CA rollover, the current CA
  // must issue a new leaf certificate.
  if (!newest.certificate.verify(authority.certificate.publicKey)) return publishLead;
  const end = newest.certificate.validToDate.getTime();
  // If the CA has expired, a new leaf certificate would be useless. A separate warning reports the expired CA.
  if (authority.certificate.validToDate.getTime() <= now) return undefined;
  if (end <= now) return 0;
  // A leaf certificate cannot be valid longer than the certificate of the CA. If the newest leaf certificate expires
  // together with the CA, a successor would expire at the same time. Without this check, dockpass would therefore
  // create a new key at each refresh.
  const cutShort = end >= authority.certificate.validToDate.getTime();
  return end - now < settings.rotateBefore * 1000 && !cutShort ? publishLead : undefined;
}

/**
 * Returns true if tokens that this key signed may still be valid. Returns false if the certificate of the key has
 * expired, or if the successor of the key has been signing for longer than the maximum lifetime of a token.
 */
export function mayHaveValidTokens(leaf: Leaf, successor: Leaf | undefined, now: number): boolean {
  const longest = 24 * 60 * 60 * 1000;
  return (
    leaf.certificate.validToDate.getTime() > now &&
    (successor === undefined || now - signsFrom(successor.certificate) < longest)
  );
}
