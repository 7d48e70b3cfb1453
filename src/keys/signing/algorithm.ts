import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** All about one signature algorithm (RFC 7518 section 3.1, RFC 8037) stands in its row; nothing else asks its name. */
export interface Algorithm {
  readonly name: 'ES256' | 'RS256' | 'EdDSA';
  /** What node:crypto calls the digest; null where the algorithm brings its own. */
  readonly digest: string | null;
  readonly signature: { readonly dsaEncoding?: 'ieee-p1363' };
  readonly makeKey: () => Promise<KeyObject>;
  /** Can this private key sign so, and is it strong enough to? */
  readonly accepts: (key: KeyObject) => boolean;
  /** The oldest registry that verifies it. */
  readonly registry: '2.8' | '3.0';
}

export const algorithms: Readonly<Record<Algorithm['name'], Algorithm>> = {
  ES256: {
    name: 'ES256',
    digest: 'sha256',
    signature: { dsaEncoding: 'ieee-p1363' },
    makeKey: makeP256Key,
    accepts: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    registry: '2.8',
  },
  RS256: {
    name: 'RS256',
    digest: 'sha256',
    signature: {},
    makeKey: async () => (await generate('rsa', { modulusLength: 2048 })).privateKey,
    accepts: (key) =>
      key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048,
    registry: '2.8',
  },
  EdDSA: {
    name: 'EdDSA',
    digest: null,
    signature: {},
    makeKey: async () => (await generate('ed25519')).privateKey,
    accepts: (key) => key.asymmetricKeyType === 'ed25519',
    registry: '3.0',
  },
};

/** The algorithm that a key signs with; undefined for a key that is weak or of a kind that no registry takes. */
export function algorithmOf(key: KeyObject): Algorithm | undefined {
  return Object.values(algorithms).find((algorithm) => algorithm.accepts(key));
}

/**
 * Registry 3.x computes a wrong thumbprint for keys whose X or Y starts with a zero byte (it drops the zeros), so
 * such keys, one in 128, are drawn again.
 */
async function makeP256Key(): Promise<KeyObject> {
  for (;;) {
    const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    const startsWithZero = [x, y].some((coordinate) => Buffer.from(coordinate ?? '', 'base64url')[0] === 0);
    if (!startsWithZero) return privateKey;
  }
}
