import { sign, type KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';

/** Everything except the payload that is needed to create a signature. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** The encoded JWS header and a dot, as ASCII text. This prefix comes before every payload. */
  readonly prefix: string;
}

/**
 * Returns a function that signs a base64url payload. That function returns the signature (RFC 7515 section 5.1) as
 * bytes that are not base64url-encoded yet.
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
      // The prefix is the largest part of the signed text, so it is written into the buffer only once.
      input = Buffer.alloc(2 * length);
      input.write(prefix, 'latin1');
    }
    if (typeof payload === 'string') input.write(payload, prefix.length, 'latin1');
    else input.set(payload, prefix.length);
    return sign(digest, input.subarray(0, length), options);
  };
}
