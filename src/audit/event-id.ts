import { randomInt } from 'node:crypto';

/** The alphabet of Crockford's base32, which avoids characters that people confuse with others. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
/** The number of values of each half of an id: 30 bits, which are six characters. */
const size = 2 ** 30;
/** 2020-01-01 in seconds since 1970. The first half of the ids repeats after 34 years. */
const epoch = 1_577_836_800;

/**
 * An odd step visits all numbers below `size` before one repeats. The step is random, so that ids do not reveal how
 * many events there were.
 */
const step = randomInt(size / 2) * 2 + 1;
let last = randomInt(size);

/**
 * Creates an id of 12 characters that a person can read aloud. The first half encodes the time in seconds. New ids are
 * therefore next to each other at the end of the database index, so that a batch of events writes only a few pages of
 * it.
 * @param at milliseconds since the epoch
 */
export function createEventId(at: number): string {
  last = (last + step) % size;
  return base32((Math.floor(at / 1000) - epoch) % size) + base32(last);
}

function base32(number: number): string {
  let text = '';
  for (let shift = 25; shift >= 0; shift -= 5) text += alphabet.charAt((number >>> shift) & 31);
  return text;
}
