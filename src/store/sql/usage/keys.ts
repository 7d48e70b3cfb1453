import { hash } from 'node:crypto';
import type { PlacedEvent } from '../../../events/registry-event.ts';

/**
 * Returns the first 16 bytes of the SHA-256 of some texts. Indexes contain these keys and not the texts, because
 * PostgreSQL cannot index long texts.
 */
export function keyOf(...texts: readonly (string | null)[]): Buffer {
  return hash('sha256', JSON.stringify(texts), 'buffer').subarray(0, 16);
}

/** Identifies the client of a fetch: repository, actor and address. Has 52 bits, so it is exact as a number. */
export function fetcherKey({ repository, actor, address }: PlacedEvent): number {
  return Number(keyOf(repository, actor, address).readBigUInt64BE() >> 12n);
}
