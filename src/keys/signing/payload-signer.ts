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
  let input = Buffer.alloc(0);
  return (payload) => {
    const length = prefix.length + payload.length;
    if (input.length < length) {
      // Write the JWS header (`prefix`) only when a new buffer is created. It is long and the same for all payloads, so
      // it stays at the start of the buffer.
      input = Buffer.alloc(2 * length);
      input.write(prefix, 'latin1');
    }
    if (typeof payload === 'string') input.write(payload, prefix.length, 'latin1');
    else input.set(payload, prefix.length);
    return sign(digest, input.subarray(0, length), options);
  };
}
