/**
 * Creates random numbers in [0, 1) with mulberry32. The same seed gives the same numbers, so that a run can be
 * repeated.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Creates `count` random times between `from` and `to`, evenly distributed, in ascending order. */
export function spread(count: number, from: number, to: number, random: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => from + random() * (to - from)).sort();
}
