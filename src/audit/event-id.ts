import { randomInt } from 'node:crypto';

/** Crockford's base32: nothing in it is taken for something else when read out. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
/** Of each half: 30 bits are six characters. */
const size = 2 ** 30;
/** Seconds between 1970 and 2020. Ids begin anew 34 years later. */
const epoch = 1_577_836_800;

/** Goes through all numbers below `size` before one comes again, because it is odd; unknown, so that none tells how many came before. */
const step = randomInt(size / 2) * 2 + 1;
let last = randomInt(size);

/**
 * An id that a person can read out: 12 characters. The first half is the second, so that the newest stand together in
 * an index, whose end alone is then written (a random one would have every group of events write all over it).
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
