import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../thread.ts';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing, type Slot } from './shared-ring.ts';
import type { NumberedMaterial } from './signing-worker.ts';

/**
 * The event loop wakes the signing thread only if at least this many payloads wait for a signature. For fewer payloads,
 * waking the thread costs more time than it saves.
 */
const minForThread = 4;
/**
 * At the end of a tick with at least `minForThread` new payloads, the event loop signs payloads until at most this many
 * are left. It does not wait for the rest, which the signing thread can sign while the event loop reads further
 * requests.
 */
const leftForThread = 8;
/**
 * The maximum time that the event loop waits for a signature that the signing thread is creating, in milliseconds.
 * After this time, the event loop signs the payload itself.
 */
const signatureTimeoutMs = 5;
/**
 * The minimum time between two starts of the signing thread, in milliseconds. While no thread runs, the event loop
 * signs everything.
 */
const restartPauseMs = 500;

/**
 * A caller that waits for a signature. `done` passes a finished signature to the caller. `signHere` signs the payload
 * in the event loop and passes on that signature.
 */
interface PendingSignature {
  readonly done: (signature: string) => void;
  readonly signHere: () => void;
}

/**
 * Returns a function that signs a payload and returns a JWS in compact serialization. Under load, a second thread (the
 * signing thread) shares the work with the event loop (docs/adr/0035).
 *
 * The requests of one tick put their payloads into a ring in shared memory (shared-ring.ts). The event loop and the
 * signing thread each take the next payload that has not been taken yet, and sign it. At the end of the tick, the event
 * loop collects the signatures. Node's thread pool is not used, because measurements showed that handing a payload to
 * the pool costs the event loop as much time as signing it.
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
      queue.enqueue(material, payload, { done, signHere });
    });
}

class SigningQueue {
  #ring = new SharedRing();
  readonly #pending = new Map<Slot, PendingSignature>();
  /** Callers whose payloads were too large for the ring, or arrived while the ring was full. */
  #withoutSlot: PendingSignature[] = [];
  /** The number of payloads that arrived since signatures were last collected. */
  #newCount = 0;
  #isScheduled = false;
  #thread: Worker | undefined;
  #nextStartAt = 0;
  #sentMaterial: NumberedMaterial | undefined;

  enqueue(material: SigningMaterial, payload: string, pending: PendingSignature): void {
    const number = this.#numberFor(material);
    // If the signature in the next slot has not been collected yet, the ring is treated as full, so that this signature
    // is not overwritten.
    const isFull = this.#pending.has(this.#ring.next);
    const slot = isFull ? undefined : this.#ring.push(payload, number);
    if (slot === undefined) this.#withoutSlot.push(pending);
    else this.#pending.set(slot, pending);
    this.#newCount++;
    this.#schedule();
    if (this.#ring.untakenCount >= minForThread) this.#wakeThread();
  }

  /**
   * Passes finished signatures to their callers. Runs at the end of a tick. If at least `minForThread` payloads arrived
   * in this tick, the event loop signs payloads until at most `leftForThread` are left for the signing thread. It does
   * not wait for those: a later tick collects their signatures. If fewer payloads arrived, the event loop signs all
   * payloads that no thread has taken yet. Then it waits for the signatures of the payloads that the signing thread has
   * taken.
   */
  #collect(): void {
    const isBusy = this.#newCount >= minForThread;
    this.#newCount = 0;
    while (this.#ring.untakenCount > (isBusy ? leftForThread : 0)) this.#signNext();
    for (const { signHere } of this.#withoutSlot) signHere();
    this.#withoutSlot = [];
    for (const [slot, pending] of this.#pending) {
      if (!isBusy) this.#ring.waitFor(slot, signatureTimeoutMs);
      else if (!this.#ring.isDone(slot)) continue;
      this.#pending.delete(slot);
      const signature = this.#ring.readSignature(slot);
      if (signature === undefined) pending.signHere();
      else pending.done(signature);
    }
    if (this.#pending.size > 0) this.#schedule();
  }

  #signNext(): void {
    const slot = this.#ring.take();
    if (slot === undefined) return;
    this.#ring.finish(slot);
    this.#pending.get(slot)?.signHere();
    this.#pending.delete(slot);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#collect();
    });
  }

  #numberFor(material: SigningMaterial): number {
    if (this.#sentMaterial?.material !== material) {
      this.#sentMaterial = { number: (this.#sentMaterial?.number ?? 0) + 1, material };
      this.#thread?.postMessage(this.#sentMaterial);
    }
    return this.#sentMaterial.number;
  }

  #wakeThread(): void {
    this.#thread ??= this.#startThread();
    this.#ring.wake();
  }

  /**
   * Starts the signing thread. Returns undefined if the system cannot start a thread, or if the previous thread was
   * started less than `restartPauseMs` ago.
   */
  #startThread(): Worker | undefined {
    if (performance.now() < this.#nextStartAt) return undefined;
    this.#nextStartAt = performance.now() + restartPauseMs;
    let thread: Worker;
    try {
      thread = startWorker(new URL('./signing-worker.js', import.meta.url), this.#ring.memory);
    } catch {
      return undefined;
    }
    thread.unref();
    thread.postMessage(this.#sentMaterial);
    // Errors of the thread can be ignored: if a key cannot sign, the event loop gets the same error when it signs the
    // payload itself.
    thread.on('error', () => {});
    thread.once('exit', () => {
      // If the thread exits while it signs a payload, the slot of this payload in the ring never becomes free.
      // Therefore a new, empty ring replaces the old one. When the event loop next collects signatures, it signs all
      // pending payloads itself.
      this.#thread = undefined;
      this.#ring = new SharedRing();
    });
    return thread;
  }
}

/** All signing keys of a process share one queue. */
const queue = new SigningQueue();
