/**
 * The highest bcrypt cost that dockpass accepts. Each increase of the cost by one doubles the time to compute the hash.
 * A hash with cost 15 takes about two seconds.
 */
export const highestBcryptCost = 15;

/**
 * A bcrypt hash in modular crypt format. Current bcrypt implementations treat `$2a$`, `$2b$` and `$2y$` as the same
 * algorithm.
 */
const grammar = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** Returns the cost of a bcrypt hash, or undefined if the text is not a bcrypt hash. */
export function bcryptCost(hash: string): number | undefined {
  const cost = grammar.exec(hash)?.[1];
  return cost === undefined ? undefined : Number(cost);
}

/**
 * Returns a bcrypt hash that takes as long to verify as a real hash of this cost. No known password matches this hash,
 * because its salt and its checksum are zeros.
 */
export function dummyBcryptHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
