import { Worker } from 'node:worker_threads';
import { threadFile } from '../../thread.ts';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing, type Place } from './shared-ring.ts';
import type { NumberedMaterial } from './signing-worker.ts';

/** Payloads of one turn of the event loop that are worth waking a thread for. */
const worthwhile = 4;
/** Payloads that are left to the thread while the event loop reads on. */
const leftToThread = 8;
/** Milliseconds to wait for a signature that the thread is at; a thread that has no processor takes longer. */
const patience = 5;
/** Milliseconds between two starts of a thread: without one, the event loop signs everything. */
const pause = 500;

/** A signature that somebody waits for. */
interface Wanted {
  readonly done: (signature: string) => void;
  readonly signHere: () => void;
}

/**
 * Signs what is wanted, each to a JWS (compact serialization): under load in a thread beside the event loop, which
 * shares the work from a queue in common memory (docs/adr/0035). node's own pool takes each signature for itself, which
 * costs the event loop as much as signing; so does sending it to a thread.
 */
export function createBatchSigner(material: SigningMaterial): (payload: string) => Promise<string> {
  const signPayload = createPayloadSigner(material);
  return (payload) =>
    new Promise((resolve, reject) => {
      const done = (signature: string): void => resolve(`${material.prefix}${payload}.${signature}`);
      const signHere = (): void => {
        try {
          done(signPayload(payload).toString('base64url'));
        } catch (error) {
          reject(error);
        }
      };
      work.want(material, payload, { done, signHere });
    });
}

class SharedWork {
  #queue = new SharedRing();
  readonly #wanted = new Map<Place, Wanted>();
  /** What has no place in the queue. */
  #others: Wanted[] = [];
  /** Wanted since the last look. */
  #fresh = 0;
  #willLook = false;
  #thread: Worker | undefined;
  #notBefore = 0;
  #told: NumberedMaterial | undefined;

  want(material: SigningMaterial, payload: string, wanted: Wanted): void {
    const number = this.#numberOf(material);
    // A signature that is there already is given out first.
    const isFull = this.#wanted.has(this.#queue.next);
    const place = isFull ? undefined : this.#queue.push(payload, number);
    if (place === undefined) this.#others.push(wanted);
    else this.#wanted.set(place, wanted);
    this.#fresh++;
    this.#lookLater();
    if (this.#queue.left >= worthwhile) this.#wakeThread();
  }

  /** At the end of a turn: a few are left to the thread where it brought many, because the next brings more. */
  #look(): void {
    const isBusy = this.#fresh >= worthwhile;
    this.#fresh = 0;
    while (this.#queue.left > (isBusy ? leftToThread : 0)) this.#signNext();
    for (const { signHere } of this.#others) signHere();
    this.#others = [];
    for (const [place, wanted] of this.#wanted) {
      if (!isBusy) this.#queue.waitFor(place, patience);
      else if (!this.#queue.isDone(place)) continue;
      this.#wanted.delete(place);
      const signature = this.#queue.signatureAt(place);
      if (signature === undefined) wanted.signHere();
      else wanted.done(signature);
    }
    if (this.#wanted.size > 0) this.#lookLater();
  }

  #signNext(): void {
    const place = this.#queue.take();
    if (place === undefined) return;
    this.#queue.finish(place);
    this.#wanted.get(place)?.signHere();
    this.#wanted.delete(place);
  }

  #lookLater(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    setImmediate(() => {
      this.#willLook = false;
      this.#look();
    });
  }

  #numberOf(material: SigningMaterial): number {
    if (this.#told?.material !== material) {
      this.#told = { number: (this.#told?.number ?? 0) + 1, material };
      this.#thread?.postMessage(this.#told);
    }
    return this.#told.number;
  }

  #wakeThread(): void {
    this.#thread ??= this.#startThread();
    this.#queue.wake();
  }

  /** Undefined where the system has no thread to give, or the last one was started a moment ago. */
  #startThread(): Worker | undefined {
    if (performance.now() < this.#notBefore) return undefined;
    this.#notBefore = performance.now() + pause;
    const file = threadFile(new URL('./signing-worker.js', import.meta.url));
    let thread: Worker;
    try {
      thread = new Worker(file, { workerData: this.#queue.memory });
    } catch {
      return undefined;
    }
    thread.unref();
    thread.postMessage(this.#told);
    // What is wrong with it, the event loop meets when it signs for itself.
    thread.on('error', () => {});
    thread.once('exit', () => {
      // The place that it was at would never be free again. In a new queue no signature is there, none is awaited:
      // what is wanted still, the next look signs.
      this.#thread = undefined;
      this.#queue = new SharedRing();
    });
    return thread;
  }
}

/** One for the process. */
const work = new SharedWork();
