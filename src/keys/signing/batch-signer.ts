import { Worker } from 'node:worker_threads';
import { threadFile } from '../../thread.ts';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing, type Slot } from './shared-ring.ts';
import type { NumberedMaterial } from './signing-worker.ts';

/** The smallest number of payloads in one tick of the event loop for which it is worth to wake the thread. */
const minForThread = 4;
/** How many payloads are left to the thread while the event loop reads further requests. */
const leftForThread = 8;
/** How long to wait for a signature that the thread has begun. The event loop does not sign such a payload itself. */
const signatureTimeoutMs = 5;
/** The shortest time between two starts of a thread. While there is no thread, the event loop signs everything. */
const restartPauseMs = 500;

/** A signature that a caller waits for. */
interface PendingSignature {
  readonly done: (signature: string) => void;
  readonly signHere: () => void;
}

/**
 * Returns a function that signs payloads, each to a JWS in compact serialization. This is a device for speed
 * (docs/adr/0035): under load a second thread shares the work with the event loop.
 *
 * Requests of one tick put their payloads into a ring in shared memory (shared-ring.ts). Event loop and thread both
 * take the next payload that the other has not taken, and sign it. At the end of the tick, the event loop collects
 * the signatures. Node's thread pool was measured first: handing over one signature there costs the event loop as
 * much as signing it.
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
  /** Payloads that were too large for the ring, or came while it was full. */
  #withoutSlot: PendingSignature[] = [];
  /** How many payloads came since the last collection. */
  #newCount = 0;
  #isScheduled = false;
  #thread: Worker | undefined;
  #nextStartAt = 0;
  #sentMaterial: NumberedMaterial | undefined;

  enqueue(material: SigningMaterial, payload: string, pending: PendingSignature): void {
    const number = this.#numberFor(material);
    // If the next slot has a signature that was not collected yet, the ring counts as full.
    const isFull = this.#pending.has(this.#ring.next);
    const slot = isFull ? undefined : this.#ring.push(payload, number);
    if (slot === undefined) this.#withoutSlot.push(pending);
    else this.#pending.set(slot, pending);
    this.#newCount++;
    this.#schedule();
    if (this.#ring.untakenCount >= minForThread) this.#wakeThread();
  }

  /**
   * Runs at the end of a tick. If the tick brought many payloads, some are left to the thread, because the next
   * tick probably brings more.
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

  /** Returns undefined if the system cannot start a thread, or if the last one was started a moment ago. */
  #startThread(): Worker | undefined {
    if (performance.now() < this.#nextStartAt) return undefined;
    this.#nextStartAt = performance.now() + restartPauseMs;
    const file = threadFile(new URL('./signing-worker.js', import.meta.url));
    let thread: Worker;
    try {
      thread = new Worker(file, { workerData: this.#ring.memory });
    } catch {
      return undefined;
    }
    thread.unref();
    thread.postMessage(this.#sentMaterial);
    // If a key cannot sign, the event loop gets the same error when it signs itself.
    thread.on('error', () => {});
    thread.once('exit', () => {
      // The slot that the thread had taken would never become free. So a new, empty ring replaces the old one, and
      // the next collection signs all pending payloads.
      this.#thread = undefined;
      this.#ring = new SharedRing();
    });
    return thread;
  }
}

/** There is one queue for each process. */
const queue = new SigningQueue();
