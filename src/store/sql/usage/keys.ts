import { hash } from 'node:crypto';
import type { PlacedEvent } from '../../../events/registry-event.ts';

/**
 * Returns the first 16 bytes of the SHA-256 of some texts. Indexes contain these keys and not the texts, because
 * PostgreSQL cannot index long texts.
 */
export function keyOf(...texts: readonly (string | null)[]): Buffer {
  return Buffer.from(hexKeyOf(...texts), 'hex');
}

/** Returns the same key in hexadecimal. */
export function hexKeyOf(...texts: readonly (string | null)[]): string {
  return hash('sha256', JSON.stringify(texts), 'hex').slice(0, 32);
}

/** Creates a function like `hexKeyOf` that remembers the keys, because a transaction needs some of them several times. */
export function rememberedKeys(): (...texts: readonly (string | null)[]) => string {
  const keys = new Map<string, string>();
  return (...texts) => {
    const name = JSON.stringify(texts);
    const key = keys.get(name) ?? hexKeyOf(...texts);
    keys.set(name, key);
    return key;
  };
}

/** Identifies the client of a fetch: repository, actor and address. Has 52 bits, so it is exact as a number. */
export function fetcherKey({ repository, actor, address }: PlacedEvent): number {
  return Number.parseInt(hexKeyOf(repository, actor, address).slice(0, 13), 16);
}
