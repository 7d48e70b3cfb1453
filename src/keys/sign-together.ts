import { sign, type KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Algorithm } from './algorithm.ts';

/** All that signs but the payload. */
export interface SigningMaterial {
  readonly key: KeyObject;
  readonly digest: Algorithm['digest'];
  readonly signature: Algorithm['signature'];
  /** What every input begins with: the header and a dot. ASCII. */
  readonly prefix: string;
}

/** Signs a payload. @returns base64url, as RFC 7515 section 5.1 wants it */
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
 * Signs what one turn of the event loop wants signed together: under load in a thread beside it, to which several go
 * over as one message, as soon as they are there. (node's own pool takes each signature for itself, which costs the
 * event loop as much as signing.)
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
      else thread.sign(material, batch);
    }
  };
  return (payload) =>
    new Promise((done, failed) => {
      if (waiting.length === 0) setImmediate(signAll);
      waiting.push({ payload, done, failed });
      // The thread need not wait for the turn's end. Of what is there then, the event loop takes a part.
      if (waiting.length === 2 * batchSize && thread.underWay < enoughUnderWay)
        thread.sign(material, waiting.splice(0, batchSize));
    });
}

/** One for the process, started when it is first worth it. */
class SigningThread {
  #worker: Worker | undefined;
  #material: SigningMaterial | undefined;
  readonly #underWay: (readonly Waiting[])[] = [];

  get underWay(): number {
    return this.#underWay.length;
  }

  sign(material: SigningMaterial, batch: readonly Waiting[]): void {
    this.#worker ??= this.#start();
    // What is under way keeps the process alive until it is signed.
    this.#worker.ref();
    this.#underWay.push(batch);
    if (material !== this.#material) this.#worker.postMessage((this.#material = material) satisfies ToThread);
    this.#worker.postMessage(batch.map(({ payload }) => payload).join('\n') satisfies ToThread);
  }

  #start(): Worker {
    // From source, as tests run it, or built: the worker has the same ending as this file.
    const file = import.meta.url.endsWith('.ts') ? './signing-worker.ts' : './signing-worker.js';
    const worker = new Worker(new URL(file, import.meta.url));
    worker.on('message', (signatures: string) => {
      const batch = this.#underWay.shift() ?? [];
      if (this.#underWay.length === 0) worker.unref();
      for (const [at, signature] of signatures.split('\n').entries()) batch[at]?.done(signature);
    });
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, new Error('the thread that signs has ended')));
    return worker;
  }

  /** The next batch starts another, which the end of this one, told twice, is no matter to. */
  #end(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = this.#material = undefined;
    for (const batch of this.#underWay.splice(0)) for (const { failed } of batch) failed(error);
  }
}

const thread = new SigningThread();
