import type { KeyObject } from 'node:crypto';
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** All about one signature algorithm (RFC 7518 section 3.1) stands in its row; nothing else asks for its name. */
export interface Algorithm {
  readonly name: 'ES256' | 'RS256';
  /** What node:crypto calls the digest. */
  readonly digest: string;
  readonly signature: { readonly dsaEncoding?: 'ieee-p1363' };
  readonly makeKey: () => Promise<KeyObject>;
  /** Can this private key sign so, and is it strong enough to? */
  readonly accepts: (key: KeyObject) => boolean;
}

export const algorithms: Readonly<Record<Algorithm['name'], Algorithm>> = {
  ES256: {
    name: 'ES256',
    digest: 'sha256',
    signature: { dsaEncoding: 'ieee-p1363' },
    makeKey: makeP256Key,
    accepts: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  },
  RS256: {
    name: 'RS256',
    digest: 'sha256',
    signature: {},
    makeKey: async () => (await generate('rsa', { modulusLength: 2048 })).privateKey,
    accepts: (key) =>
      key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048,
  },
};

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
