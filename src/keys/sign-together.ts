import { sign, type KeyObject } from 'node:crypto';
import { Thread } from '../thread.ts';
import type { Algorithm } from './algorithm.ts';

/** All that signs but the payload. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** What every input begins with: the header and a dot. ASCII. */
  readonly prefix: string;
}

/** Signs a payload. @returns the signature in base64url, as RFC 7515 section 5.1 wants it */
export function payloadSigner({
  key,
  digest,
  signature,
  prefix,
}: SigningMaterial): (payload: string) => string {
  const how = { key, ...signature };
  let input = Buffer.alloc(0);
  return (payload) => {
    const length = prefix.length + payload.length;
    if (input.length < length) {
      // The prefix, most of every input, is written once.
      input = Buffer.alloc(2 * length);
      input.write(prefix, 'latin1');
    }
    input.write(payload, prefix.length, 'latin1');
    return sign(digest, input.subarray(0, length), how).toString('base64url');
  };
}

/** What goes over to the thread: what it is to sign with from now on, or payloads, one a line. One text costs least. */
export type ToThread = SigningMaterial | string;

/** Payloads to a message: enough to be worth one, few enough that answers go out while the next are signed. */
const batchSize = 4;
/** Messages under way at which the event loop, which would only wait, signs for itself. */
const enoughUnderWay = 6;

interface Waiting {
  readonly payload: string;
  readonly done: (signature: string) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Signs what one turn of the event loop wants signed together, each to a JWS (compact serialization): under load in a
 * thread beside it, to which several go over as one message, as soon as they are there. (node's own pool takes each
 * signature for itself, which costs the event loop as much as signing.)
 */
export function togetherSigner(material: SigningMaterial): (payload: string) => Promise<string> {
  const signPayload = payloadSigner(material);
  let waiting: Waiting[] = [];
  const signHere = (batch: readonly Waiting[]): void => {
    for (const { payload, done, failed } of batch) {
      try {
        done(signPayload(payload));
      } catch (error) {
        failed(error);
      }
    }
  };
  const signAll = (): void => {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += batchSize) {
      const batch = all.slice(at, at + batchSize);
      if (batch.length < batchSize || thread.underWay >= enoughUnderWay) signHere(batch);
      else signInThread(material, batch);
    }
  };
  return (payload) =>
    new Promise((resolve, failed) => {
      if (waiting.length === 0) setImmediate(signAll);
      const done = (signature: string): void => resolve(`${material.prefix}${payload}.${signature}`);
      waiting.push({ payload, done, failed });
      // The thread need not wait for the turn's end. Of what is there then, the event loop takes a part.
      if (waiting.length === 2 * batchSize && thread.underWay < enoughUnderWay)
        signInThread(material, waiting.splice(0, batchSize));
    });
}

/** One for the process. */
const thread = new Thread<ToThread, string>(new URL('./signing-worker.js', import.meta.url));
let told: SigningMaterial | undefined;

function signInThread(material: SigningMaterial, batch: readonly Waiting[]): void {
  if (material !== told || !thread.isRunning) thread.tell((told = material));
  thread.ask(batch.map(({ payload }) => payload).join('\n'), {
    done: (signatures) => {
      for (const [at, signature] of signatures.split('\n').entries()) batch[at]?.done(signature);
    },
    failed: (error) => {
      for (const { failed } of batch) failed(error);
    },
  });
}
