import type { X509Certificate } from 'node:crypto';
import { DockpassError } from '../errors.ts';
import type { Authority } from './authority.ts';
import type { KeySettings } from './key-settings.ts';
import type { Leaf, SigningKey } from './signing-key.ts';

/** Milliseconds by which a leaf is valid before it signs: a registry's clock may run late. */
export const backdate = 60 * 60 * 1000;
/**
 * Milliseconds at least between a leaf's making and the first signature that its certificate allows, which then waits
 * for the next full second, because certificates count in those.
 */
export const publishLead = 600;
/**
 * Milliseconds for which a process shows a leaf in its key set before it signs with it, whatever its clock says. Every
 * process looks every 400 ms (keep-fresh.ts), so by then all show it; and all sign within two seconds.
 */
export const showFor = 1000;

/** When a process first saw each leaf, by kid, in milliseconds; a leaf that is not there was seen before it started. */
export type Sightings = ReadonlyMap<string, number>;

/** The newest that may sign already; where a clock was set back and none may, the oldest. */
export function currentKey(
  keys: readonly SigningKey[],
  now: number,
  sightings: Sightings = new Map(),
): SigningKey {
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at];
    if (key !== undefined && signsFrom(key.certificate) <= now && shownFrom(key, sightings) <= now)
      return key;
  }
  const first = keys[0];
  if (first === undefined) throw new DockpassError('key_files', 'there is no leaf to sign with');
  return first;
}

export function signsFrom(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + backdate;
}

function shownFrom({ kid }: SigningKey, sightings: Sightings): number {
  return (sightings.get(kid) ?? -Infinity) + showFor;
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
export function mayHaveTokens(leaf: Leaf, successor: Leaf | undefined, now: number): boolean {
  const longest = 24 * 60 * 60 * 1000;
  return (
    leaf.certificate.validToDate.getTime() > now &&
    (successor === undefined || now - signsFrom(successor.certificate) < longest)
  );
}
