import type { X509Certificate } from 'node:crypto';
import { DockpassError } from '../errors.ts';
import type { Authority } from './ca/authority-type.ts';
import type { KeySettings } from './key-settings.ts';
import type { Leaf, SigningKey } from './signing/signing-key.ts';

/** Milliseconds by which a leaf is valid before it signs: a registry's clock may run late. */
export const backdate = 60 * 60 * 1000;
/**
 * Milliseconds at least between a leaf's making and its first signature, which then waits for the next full second,
 * because certificates count in those. Long enough for every process, which looks every 400 ms (keep-fresh.ts), to have
 * taken it in; short enough that a rotation is done within two seconds.
 */
export const publishLead = 600;
/** The newest that may sign already; where a clock was set back and none may, the oldest. */
export function currentKey(keys: readonly SigningKey[], now: number): SigningKey {
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at];
    if (key !== undefined && signsFrom(key.certificate) <= now) return key;
  }
  const first = keys[0];
  if (first === undefined) throw new DockpassError('key_files', 'there is no leaf to sign with');
  return first;
}

export function signsFrom(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + backdate;
}

/** Milliseconds to the first signature of a successor that has to be made now; undefined where none has. */
export function dueIn(
  keys: readonly SigningKey[],
  authority: Authority,
  settings: KeySettings,
  now: number,
): number | undefined {
  const newest = keys.at(-1);
  if (newest === undefined || newest.algorithm.name !== settings.algorithm) return 0;
  // After a rollover of the authority a leaf of the new one is due.
  if (!newest.certificate.verify(authority.certificate.publicKey)) return publishLead;
  const end = newest.certificate.validToDate.getTime();
  // What an authority certifies that has ended itself is worth nothing; the warnings say so.
  if (authority.certificate.validToDate.getTime() <= now) return undefined;
  if (end <= now) return 0;
  // A leaf can be cut short by its authority's end; making another would not help, and would go on for ever.
  const cutShort = end >= authority.certificate.validToDate.getTime();
  return end - now < settings.rotateBefore * 1000 && !cutShort ? publishLead : undefined;
}

/** A leaf whose successor has signed for longer than any token lives has no tokens about. */
export function mayHaveValidTokens(leaf: Leaf, successor: Leaf | undefined, now: number): boolean {
  const longest = 24 * 60 * 60 * 1000;
  return (
    leaf.certificate.validToDate.getTime() > now &&
    (successor === undefined || now - signsFrom(successor.certificate) < longest)
  );
}
