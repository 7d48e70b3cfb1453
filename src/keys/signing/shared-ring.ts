/** The number of slots in the ring. It must be a power of two. */
const slotCount = 64;
/** The maximum size of a payload, in bytes. This is enough for a token with access to about twenty repositories. */
const maxPayloadBytes = 2048;
/** The maximum size of a signature, in bytes. This is enough for an RSA key with 4096 bits. */
const maxSignatureBytes = 512;

/**
 * The layout of the first part of the shared memory, in 32-bit words. It starts with two counters, `pushed` and
 * `taken`, which are never decremented. Then come three arrays. Each array has one word for each slot.
 */
const pushed = 0;
const taken = 1;
const payloadLength = 2;
const materialNumber = payloadLength + slotCount;
const signatureLength = materialNumber + slotCount;
const wordCount = signatureLength + slotCount;

/**
 * Two special values in the array `signatureLength`. `pending` means that the slot waits for a signature. `noSignature`
 * means that the slot has no signature and does not wait for one.
 */
const pending = 0;
const noSignature = -1;

/** The number of a slot in the ring. A slot has room for one payload and its signature. */
export type Slot = number;

/**
 * A ring of payloads in memory that the event loop and the signing thread share.
 *
 * How it works: only the event loop adds payloads (`push`). It writes the payload into the next slot, sets the slot to
 * pending, and then increments the counter `pushed`. The event loop or the signing thread takes a payload (`take`) by
 * incrementing the counter `taken` with compare-and-exchange. Only one of the two succeeds for each payload, so no lock
 * is needed. The thread that took the payload writes the signature into the slot and then sets the length of the
 * signature (`finish`). The event loop reads the signature when the slot is no longer pending, and does not reuse the
 * slot before that.
 *
 * The `Atomics` operations guarantee the order: a thread that sees the new value of a counter or length also sees
 * everything that was written before this value. The signing thread sleeps only if no payload is left to take.
 *
 * If the signing thread exits, a payload that it had taken stays pending. The event loop then replaces the ring
 * with a new one and signs all pending payloads itself, so that no request is lost (batch-signer.ts).
 */
export class SharedRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #payloads: Buffer;
  readonly #signatures: Buffer;

  /** @param memory the memory of a ring that another thread created. If undefined, a new and empty ring is created. */
  constructor(memory?: SharedArrayBuffer) {
    const signaturesAt = 4 * wordCount + slotCount * maxPayloadBytes;
    this.memory = memory ?? new SharedArrayBuffer(signaturesAt + slotCount * maxSignatureBytes);
    this.#words = new Int32Array(this.memory, 0, wordCount);
    this.#payloads = Buffer.from(this.memory, 4 * wordCount, slotCount * maxPayloadBytes);
    this.#signatures = Buffer.from(this.memory, signaturesAt, slotCount * maxSignatureBytes);
    if (memory === undefined) this.#words.fill(noSignature, signatureLength);
  }

  /** The slot that the next payload will get. */
  get next(): Slot {
    return Atomics.load(this.#words, pushed) & (slotCount - 1);
  }

  /**
   * Adds a payload to the ring, in the slot `next`. If this slot contains the signature of an earlier payload, the
   * caller must read that signature before this call.
   * @param material the number of the key that must sign the payload
   * @returns the slot; undefined if the payload is too large or the ring is full. In that case, the caller must sign
   *   the payload itself.
   */
  push(payload: string, material: number): Slot | undefined {
    const slot = this.next;
    if (payload.length > maxPayloadBytes || !this.isDone(slot)) return undefined;
    this.#words[payloadLength + slot] = this.#payloads.write(payload, slot * maxPayloadBytes, 'latin1');
    this.#words[materialNumber + slot] = material;
    this.#words[signatureLength + slot] = pending;
    // The counter is incremented last, so that a thread that sees the new value also sees the payload.
    Atomics.add(this.#words, pushed, 1);
    return slot;
  }

  /** The number of payloads that have not been taken for signing yet. */
  get untakenCount(): number {
    return (Atomics.load(this.#words, pushed) - Atomics.load(this.#words, taken)) | 0;
  }

  /**
   * Takes the next payload, so that no other caller can take it.
   * @returns the slot of the payload; undefined if no payload is left
   */
  take(): Slot | undefined {
    for (;;) {
      const next = Atomics.load(this.#words, taken);
      if (next === Atomics.load(this.#words, pushed)) return undefined;
      const after = (next + 1) | 0;
      if (Atomics.compareExchange(this.#words, taken, next, after) === next) return next & (slotCount - 1);
    }
  }

  /** Wakes the signing thread if it is blocked in `sleep`. */
  wake(): void {
    Atomics.notify(this.#words, pushed);
  }

  /** Blocks the calling thread until `wake` is called. If a payload is waiting to be taken, returns at once. */
  sleep(): void {
    const seen = Atomics.load(this.#words, pushed);
    if (Atomics.load(this.#words, taken) === seen) Atomics.wait(this.#words, pushed, seen);
  }

  readPayload(slot: Slot): { readonly payload: Uint8Array; readonly material: number } {
    const start = slot * maxPayloadBytes;
    const end = start + (this.#words[payloadLength + slot] ?? 0);
    return {
      payload: this.#payloads.subarray(start, end),
      material: this.#words[materialNumber + slot] ?? 0,
    };
  }

  /**
   * Stores a signature and marks the slot as done.
   * @param signature undefined if there is no signature to store. In that case, the event loop signs the payload
   *   outside the ring.
   */
  finish(slot: Slot, signature?: Uint8Array): void {
    const fits = signature !== undefined && signature.length <= maxSignatureBytes;
    if (fits) this.#signatures.set(signature, slot * maxSignatureBytes);
    Atomics.store(this.#words, signatureLength + slot, fits ? signature.length : noSignature);
    Atomics.notify(this.#words, signatureLength + slot);
  }

  isDone(slot: Slot): boolean {
    return Atomics.load(this.#words, signatureLength + slot) !== pending;
  }

  /**
   * Blocks the calling thread until the signature in the slot is no longer pending. @param timeoutMs the maximum time
   * to wait
   */
  waitFor(slot: Slot, timeoutMs: number): void {
    Atomics.wait(this.#words, signatureLength + slot, pending, timeoutMs);
  }

  /** Reads the signature in a slot. @returns the signature in base64url; undefined if the slot has no signature */
  readSignature(slot: Slot): string | undefined {
    const length = Atomics.load(this.#words, signatureLength + slot);
    const start = slot * maxSignatureBytes;
    return length > 0 ? this.#signatures.toString('base64url', start, start + length) : undefined;
  }
}
