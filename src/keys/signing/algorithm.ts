import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** The properties of one signature algorithm (RFC 7518 section 3.1, RFC 8037). */
export interface Algorithm {
  readonly name: 'ES256' | 'RS256' | 'EdDSA';
  /** The name of the digest in node:crypto. Null for EdDSA, because the algorithm itself defines the digest. */
  readonly digest: string | null;
  readonly signature: { readonly dsaEncoding?: 'ieee-p1363' };
  readonly createKey: () => Promise<KeyObject>;
  /** Returns true if a private key can be used with this algorithm and is strong enough. */
  readonly accepts: (key: KeyObject) => boolean;
  /** The oldest version of the registry that can verify signatures of this algorithm. */
  readonly registry: '2.8' | '3.0';
}

export const algorithms: Readonly<Record<Algorithm['name'], Algorithm>> = {
  ES256: {
    name: 'ES256',
    digest: 'sha256',
    signature: { dsaEncoding: 'ieee-p1363' },
    createKey: createP256Key,
    accepts: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    registry: '2.8',
  },
  RS256: {
    name: 'RS256',
    digest: 'sha256',
    signature: {},
    createKey: async () => (await generate('rsa', { modulusLength: 2048 })).privateKey,
    accepts: (key) =>
      key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048,
    registry: '2.8',
  },
  EdDSA: {
    name: 'EdDSA',
    digest: null,
    signature: {},
    createKey: async () => (await generate('ed25519')).privateKey,
    accepts: (key) => key.asymmetricKeyType === 'ed25519',
    registry: '3.0',
  },
};

/**
 * Returns the algorithm of a private key. Returns undefined if the key is weak, or of a type that no registry
 * supports.
 */
export function algorithmOf(key: KeyObject): Algorithm | undefined {
  return Object.values(algorithms).find((algorithm) => algorithm.accepts(key));
}

/**
 * Creates a P-256 key. If the coordinate X or Y begins with a zero byte, which is the case for one key in 128, the key
 * is discarded and another one is created. Registry 3.x drops leading zero bytes of the coordinates, so it would
 * compute a wrong thumbprint for the key.
 */
async function createP256Key(): Promise<KeyObject> {
  for (;;) {
    const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    const startsWithZero = [x, y].some((coordinate) => Buffer.from(coordinate ?? '', 'base64url')[0] === 0);
    if (!startsWithZero) return privateKey;
  }
}
