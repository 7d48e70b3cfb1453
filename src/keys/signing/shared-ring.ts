/** In the ring. A power of two. */
const places = 64;
/** Bytes of a payload: access to some twenty repositories. */
const payloadSpace = 2048;
/** Bytes of a signature: RSA's by a key of 4096 bits. */
const signatureSpace = 512;

/** 32-bit words: two counters, which only grow, and for each place three of its own. */
const pushed = 0;
const taken = 1;
const payloadLength = 2;
const materialNumber = payloadLength + places;
const signatureLength = materialNumber + places;
const words = signatureLength + places;

/** In the place of a signature's length. */
const awaited = 0;
const none = -1;

/** Where a payload is in the ring, and its signature will be. */
export type Place = number;

/**
 * Payloads to sign, in memory that the event loop and the signing thread share. The event loop pushes; either takes the
 * next that nobody has taken. Nothing is sent from one to the other, and neither waits while something is left.
 */
export class SharedRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #payloads: Buffer;
  readonly #signatures: Buffer;

  /** @param memory of the same queue on the other thread; a new, empty one without */
  constructor(memory?: SharedArrayBuffer) {
    const signaturesAt = 4 * words + places * payloadSpace;
    this.memory = memory ?? new SharedArrayBuffer(signaturesAt + places * signatureSpace);
    this.#words = new Int32Array(this.memory, 0, words);
    this.#payloads = Buffer.from(this.memory, 4 * words, places * payloadSpace);
    this.#signatures = Buffer.from(this.memory, signaturesAt, places * signatureSpace);
    if (memory === undefined) this.#words.fill(none, signatureLength);
  }

  /** Where the next payload goes. */
  get next(): Place {
    return Atomics.load(this.#words, pushed) & (places - 1);
  }

  /**
   * The signature that was there is to be read before.
   * @param material number of what it is to be signed with
   * @returns undefined where it is too large, or the ring is full: whoever has it signs it
   */
  push(payload: string, material: number): Place | undefined {
    const place = this.next;
    if (payload.length > payloadSpace || !this.isDone(place)) return undefined;
    this.#words[payloadLength + place] = this.#payloads.write(payload, place * payloadSpace, 'latin1');
    this.#words[materialNumber + place] = material;
    this.#words[signatureLength + place] = awaited;
    // Whoever sees the counter sees what was written before it.
    Atomics.add(this.#words, pushed, 1);
    return place;
  }

  /** Payloads that nobody has taken. */
  get left(): number {
    return (Atomics.load(this.#words, pushed) - Atomics.load(this.#words, taken)) | 0;
  }

  /** @returns a payload's place, which nobody else is given; undefined where none is left */
  take(): Place | undefined {
    for (;;) {
      const next = Atomics.load(this.#words, taken);
      if (next === Atomics.load(this.#words, pushed)) return undefined;
      const after = (next + 1) | 0;
      if (Atomics.compareExchange(this.#words, taken, next, after) === next) return next & (places - 1);
    }
  }

  /** Wakes the other thread. */
  wake(): void {
    Atomics.notify(this.#words, pushed);
  }

  /** Returns where something is left, else when it is woken. */
  sleep(): void {
    const seen = Atomics.load(this.#words, pushed);
    if (Atomics.load(this.#words, taken) === seen) Atomics.wait(this.#words, pushed, seen);
  }

  payloadAt(place: Place): { readonly payload: Uint8Array; readonly material: number } {
    const start = place * payloadSpace;
    const end = start + (this.#words[payloadLength + place] ?? 0);
    return {
      payload: this.#payloads.subarray(start, end),
      material: this.#words[materialNumber + place] ?? 0,
    };
  }

  /** Frees the place, too. @param signature undefined where there is none to be given */
  finish(place: Place, signature?: Uint8Array): void {
    const fits = signature !== undefined && signature.length <= signatureSpace;
    if (fits) this.#signatures.set(signature, place * signatureSpace);
    Atomics.store(this.#words, signatureLength + place, fits ? signature.length : none);
    Atomics.notify(this.#words, signatureLength + place);
  }

  isDone(place: Place): boolean {
    return Atomics.load(this.#words, signatureLength + place) !== awaited;
  }

  /** Until it is done. @param patience milliseconds at most */
  waitFor(place: Place, patience: number): void {
    Atomics.wait(this.#words, signatureLength + place, awaited, patience);
  }

  /** @returns base64url; undefined where there is none */
  signatureAt(place: Place): string | undefined {
    const length = Atomics.load(this.#words, signatureLength + place);
    const start = place * signatureSpace;
    return length > 0 ? this.#signatures.toString('base64url', start, start + length) : undefined;
  }
}
