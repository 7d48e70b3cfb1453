import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { algorithmOf, type Algorithm } from './algorithm.ts';
import { createBatchSigner } from './batch-signer.ts';

/** A signing key: the private key that signs tokens, with the leaf certificate that the CA issued for it. */
export interface Leaf {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/**
 * How a token identifies the key that signed it. `x5c`: the token contains the leaf certificate, and the registry
 * checks this certificate against its rootcertbundle. `kid`: the token contains only the key id, for registries that
 * know the signing keys (from `jwks`, or from leaf certificates in rootcertbundle).
 */
export type KeyMode = 'x5c' | 'kid';

/** A signing key that is loaded and ready to sign tokens. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly certificate: X509Certificate;
  /** The time at which the certificate becomes valid, in milliseconds since the epoch. */
  readonly validFromAt: number;
  /** The time at which the certificate expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The public key as a JWK (RFC 7517). */
  readonly jwk: JWK;
  /**
   * Signs a payload.
   * @param payload the payload in base64url
   * @returns the token in JWS compact serialization (RFC 7515 section 7.1)
   */
  readonly sign: (payload: string) => Promise<string>;
}

/**
 * Prepares a key for signing.
 * @param chain the certificates between the leaf certificate and the root. In mode `x5c`, each token contains them,
 *   because the bundle of a registry may contain only the root.
 */
export function signingKey(leaf: Leaf, mode: KeyMode, chain: readonly X509Certificate[]): SigningKey {
  const algorithm = algorithmOf(leaf.key);
  if (algorithm === undefined) throw new TypeError('no supported algorithm can sign with this key');
  const publicKey = createPublicKey(leaf.key);
  const kid = libtrustFingerprint(publicKey);
  // x5c is standard base64, not base64url (RFC 7515 section 4.1.6).
  const x5c = [leaf.certificate, ...chain].map(({ raw }) => raw.toString('base64'));
  // All tokens that this key signs have the same header, so the header is encoded only once.
  const header = { typ: 'JWT', alg: algorithm.name, kid, ...(mode === 'x5c' && { x5c }) };
  const prefix = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`;
  const { digest, signature } = algorithm;
  return {
    kid,
    algorithm,
    certificate: leaf.certificate,
    validFromAt: leaf.certificate.validFromDate.getTime(),
    expiresAt: leaf.certificate.validToDate.getTime(),
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, use: 'sig', alg: algorithm.name },
    sign: createBatchSigner({ key: leaf.key, digest, signature, prefix }),
  };
}

/**
 * Returns the key id that registry 2.8 computes for keys in its rootcertbundle (docker/libtrust, keyIDFromCryptoKey):
 * the first 240 bits of the SHA-256 hash of the SubjectPublicKeyInfo, encoded in base32 and written in groups of four
 * characters.
 */
export function libtrustFingerprint(publicKey: KeyObject): string {
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return base32(digest.subarray(0, 30)).match(/.{4}/g)?.join(':') ?? '';
}

/** Encodes 30 bytes in base32 (RFC 4648 section 6). The result has 48 characters, so it never needs padding. */
function base32(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[parseInt(five, 2)]).join('');
}
