import { createLocalJWKSet, type CryptoKey, type JWK } from 'jose';
import { identifyKey, type KeySet } from '../../../trust/key-set.ts';

/** The members of a JWT's protected header that select a key. */
export interface KeyHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** A key that can verify a JWT with a certain header. */
export interface VerificationKey {
  /** See `identifyKey`. */
  readonly id: string;
  readonly key: CryptoKey;
}

/** The keys of one issuer, ready to verify. */
export interface VerificationKeys {
  /** The number of keys. */
  readonly count: number;
  /** Returns true if the key set contains this key (`VerificationKey.id`). */
  contains(id: string): boolean;
  /**
   * Returns the keys that may have signed a JWT with this header: those with its `kid`. For a JWT without `kid`, there
   * must be exactly one key of its algorithm. Otherwise, anyone could make the server try all keys of a set.
   */
  find(header: KeyHeader): Promise<readonly VerificationKey[]>;
  /** Why `find` finds no key for this header, if the reason is not that the issuer does not have the key. */
  reasonFor(header: KeyHeader): string | undefined;
}

/** The maximum number of keys with the same `kid` that are tried. RFC 7517 section 4.5 allows more than one. */
const maxTries = 4;

/**
 * Prepares the keys of a key set. jose selects and imports each key (`createLocalJWKSet`): it requires that the type of
 * the key, its curve, and its members `alg`, `use` and `key_ops` fit the algorithm.
 */
export function createVerificationKeys({ keys, unused }: KeySet): VerificationKeys {
  const entries = keys.map((jwk) => ({
    kid: jwk.kid,
    id: identifyKey(jwk),
    resolve: createLocalJWKSet({ keys: [jwk as JWK] }),
  }));
  const ids = new Set(entries.map(({ id }) => id));
  return {
    count: keys.length,
    contains: (id) => ids.has(id),
    find: async ({ alg, kid }) => {
      const fitting: VerificationKey[] = [];
      for (const entry of entries) {
        if (kid !== undefined && entry.kid !== kid) continue;
        const key = await entry
          .resolve(kid === undefined ? { alg } : { alg, kid })
          // The key does not fit the algorithm, or it is damaged.
          .catch(() => undefined);
        if (key !== undefined) fitting.push({ id: entry.id, key });
        if (kid === undefined && fitting.length > 1) return [];
        if (fitting.length >= maxTries) break;
      }
      return fitting;
    },
    reasonFor: ({ kid }) => {
      if (kid === undefined)
        return 'it has no `kid`, and the issuer does not have exactly one key of its algorithm';
      return unused.get(kid);
    },
  };
}
