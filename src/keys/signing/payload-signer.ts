import { sign, type KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';

/** The data that is needed to sign payloads with one key. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** The encoded JWS header and a dot, as ASCII text. The text to sign is this prefix followed by the payload. */
  readonly prefix: string;
}

/**
 * Returns a function that signs a base64url payload and returns the signature (RFC 7515 section 5.1) as bytes, without
 * base64url encoding.
 */
export function createPayloadSigner({
  key,
  digest,
  signature,
  prefix,
}: SigningMaterial): (payload: string | Uint8Array) => Buffer {
  const options = { key, ...signature };
  const header = Buffer.from(prefix, 'latin1');
  return (payload) => sign(digest, Buffer.concat([header, Buffer.from(payload)]), options);
}
