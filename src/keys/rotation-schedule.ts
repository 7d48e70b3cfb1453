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
 * Returns the first of these keys that exists:
 *
 * - The newest key that is already allowed to sign and whose certificate is valid.
 * - The oldest key whose certificate is valid. This is the result if the clock was set back by less than `backdate`.
 * - The newest key whose certificate has expired. Registries reject its tokens.
 *
 * Returns undefined if no certificate is valid yet. This happens if the clock was ahead when the keys were created.
 */
export function findCurrentKey(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at];
    if (key !== undefined && key.validFromAt + backdate <= now && now < key.expiresAt) return key;
  }
  const begun = keys.filter(({ validFromAt }) => validFromAt <= now);
  return begun.find(({ expiresAt }) => now < expiresAt) ?? begun.at(-1);
}

/**
 * Returns the key that signs tokens now, as `findCurrentKey` does.
 * @throws DockpassError `unavailable` if no key may sign
 */
export function currentKey(keys: readonly SigningKey[], now: number): SigningKey {
  const key = findCurrentKey(keys, now);
  if (key !== undefined) return key;
  throw new DockpassError(
    'unavailable',
    'the token server has no signing key that is valid now, because the clock of its machine is wrong or was wrong. Ask the administrator of the token server to read /readyz.',
    { retryAfter: 30 },
  );
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
  // A leaf certificate that is not valid yet was created while the clock was ahead. It cannot sign, so it does not
  // count.
  const newest = keys.findLast(({ validFromAt }) => validFromAt <= now);
  // If the CA is not valid yet, it was created while the clock was ahead. Until it is valid, its leaf certificates are
  // useless, so no new one is created.
  if (authority.certificate.validFromDate.getTime() > now) return undefined;
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
 * Returns true if a leaf certificate must stay in the set, because registries may still need it to verify tokens. It
 * can be removed only if a later leaf certificate is valid, and has been signing for longer than a token can be valid.
 * The function does not rely on the expiry of the certificate alone. If the clock is ahead, the certificate only seems
 * to have expired, and it is needed again when the clock is corrected.
 * @param later the leaf certificates that were created after this one
 */
export function mustStay(leaf: Leaf, later: readonly Leaf[], now: number): boolean {
  /** The maximum lifetime of a token. */
  const longest = 24 * 60 * 60 * 1000;
  const hasExpired = leaf.certificate.validToDate.getTime() <= now;
  return !later.some(({ certificate }) => {
    const [from, until] = [signsFrom(certificate), certificate.validToDate.getTime()];
    // Normally, a later leaf certificate must have been signing for a whole day, the longest lifetime of a token. If
    // the later certificate expires before that, the earlier one would never be removed. So if the earlier certificate
    // has expired, it is enough that the later one has been signing for half of the time in which it can sign.
    const enough = hasExpired ? Math.min(longest, (until - from) / 2) : longest;
    return now < until && now - from >= enough;
  });
}
