import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { algorithmOf, type Algorithm } from './algorithm.ts';
import { createBatchSigner } from './batch-signer.ts';

/** A leaf: the private key that signs tokens, with the certificate by which the authority vouches for it. */
export interface Leaf {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/**
 * How a token names its key. `x5c`: with its certificates, which every registry checks against its rootcertbundle.
 * `kid`: by id alone, for registries that know the keys themselves (`jwks`, or leaves in rootcertbundle).
 */
export type KeyMode = 'x5c' | 'kid';

/** A leaf ready to sign. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly certificate: X509Certificate;
  /** RFC 7517, the public half only. */
  readonly jwk: JWK;
  /**
   * @param payload base64url
   * @returns JWS compact serialization (RFC 7515 section 7.1)
   */
  readonly sign: (payload: string) => Promise<string>;
}

/** @param chain certificates between the leaf's and the root, for registries whose bundle holds the root alone */
export function signingKey(leaf: Leaf, mode: KeyMode, chain: readonly X509Certificate[]): SigningKey {
  const algorithm = algorithmOf(leaf.key);
  if (algorithm === undefined) throw new TypeError('no algorithm signs with this key');
  const publicKey = createPublicKey(leaf.key);
  const kid = libtrustFingerprint(publicKey);
  // Standard base64, not base64url (RFC 7515 section 4.1.6).
  const x5c = [leaf.certificate, ...chain].map(({ raw }) => raw.toString('base64'));
  // The header never changes for a leaf: encoded once.
  const header = { typ: 'JWT', alg: algorithm.name, kid, ...(mode === 'x5c' && { x5c }) };
  const prefix = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`;
  const { digest, signature } = algorithm;
  return {
    kid,
    algorithm,
    certificate: leaf.certificate,
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, use: 'sig', alg: algorithm.name },
    sign: createBatchSigner({ key: leaf.key, digest, signature, prefix }),
  };
}

/**
 * The key id that registry 2.8 computes for a rootcertbundle's keys (docker/libtrust, keyIDFromCryptoKey): SHA-256
 * over the SubjectPublicKeyInfo, cut to 240 bits, base32, in groups of four.
 */
export function libtrustFingerprint(publicKey: KeyObject): string {
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return base32(digest.subarray(0, 30)).match(/.{4}/g)?.join(':') ?? '';
}

/** RFC 4648 section 6; 30 bytes are 48 characters, so padding never arises. */
function base32(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[parseInt(five, 2)]).join('');
}
