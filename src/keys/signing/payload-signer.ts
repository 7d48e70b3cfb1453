import { sign, type KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';

/** Everything that is needed to sign, except the payload. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** The text before every payload: the encoded header and a dot. ASCII. */
  readonly prefix: string;
}

/**
 * Returns a function that signs a payload in base64url. @returns the signature of RFC 7515 section 5.1, not encoded
 * yet
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
      // The prefix is the largest part of every input, so it is written only once.
      input = Buffer.alloc(2 * length);
      input.write(prefix, 'latin1');
    }
    if (typeof payload === 'string') input.write(payload, prefix.length, 'latin1');
    else input.set(payload, prefix.length);
    return sign(digest, input.subarray(0, length), options);
  };
}
