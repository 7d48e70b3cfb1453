/** The highest cost that is accepted. Each step doubles the time, and cost 15 already takes about two seconds. */
export const highestBcryptCost = 15;

/** Modular crypt format. Current bcrypt implementations treat `$2a$`, `$2b$` and `$2y$` as the same algorithm. */
const grammar = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The cost of a bcrypt hash. Undefined if the text is not a bcrypt hash. */
export function bcryptCost(hash: string): number | undefined {
  const cost = grammar.exec(hash)?.[1];
  return cost === undefined ? undefined : Number(cost);
}

/**
 * A hash that takes as long to verify as a real one but that no known password matches: salt and checksum are zeros.
 */
export function dummyBcryptHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
