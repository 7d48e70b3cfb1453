import { randomInt } from 'node:crypto';

/** The alphabet of Crockford's base32. It leaves out characters that people confuse with others. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
/** The number of values that one half of an id can have. A half has 30 bits, which are six characters. */
const size = 2 ** 30;
/**
 * 2020-01-01 in seconds since 1970. The first half of an id counts the seconds from this time on, and starts at 0 again
 * after 34 years.
 */
const epoch = 1_577_836_800;

/** The state from which the second halves of the ids of this process are computed. */
interface Sequence {
  /**
   * The number that is added to the second half of an id to get the second half of the next id (modulo `size`). The
   * number is odd and `size` is a power of two, so all `size` values occur before one repeats. The number is random, so
   * that ids do not reveal how many events there were.
   */
  readonly step: number;
  last: number;
}

let sequence: Sequence | undefined;

/**
 * Creates an id of 12 characters that a person can read aloud. The first half encodes the time in seconds. Therefore
 * new ids are next to each other at the end of the database index, and a batch of events changes only a few pages of
 * the index.
 * @param at milliseconds since the epoch
 */
export function createEventId(at: number): string {
  sequence ??= createSequence();
  sequence.last = (sequence.last + sequence.step) % size;
  return base32((Math.floor(at / 1000) - epoch) % size) + base32(sequence.last);
}

function createSequence(): Sequence {
  return { step: randomInt(size / 2) * 2 + 1, last: randomInt(size) };
}

function base32(number: number): string {
  let text = '';
  for (let shift = 25; shift >= 0; shift -= 5) text += alphabet.charAt((number >>> shift) & 31);
  return text;
}
