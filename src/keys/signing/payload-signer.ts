import { sign, type KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';

/** All that signs but the payload. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** What every input begins with: the header and a dot. ASCII. */
  readonly prefix: string;
}

/** Signs a payload, in base64url. @returns the signature as RFC 7515 section 5.1 wants it, not encoded yet */
export function createPayloadSigner({
  key,
  digest,
  signature,
  prefix,
}: SigningMaterial): (payload: string | Uint8Array) => Buffer {
  const how = { key, ...signature };
  let input = Buffer.alloc(0);
  return (payload) => {
    const length = prefix.length + payload.length;
    if (input.length < length) {
      // The prefix, most of every input, is written once.
      input = Buffer.alloc(2 * length);
      input.write(prefix, 'latin1');
    }
    if (typeof payload === 'string') input.write(payload, prefix.length, 'latin1');
    else input.set(payload, prefix.length);
    return sign(digest, input.subarray(0, length), how);
  };
}
