/** Each step doubles the time: 2^15 rounds take two seconds, and a login would hold everybody else up. */
export const highestBcryptCost = 15;

/** Modular crypt format: `$2a$`, `$2b$` and `$2y$` name the same algorithm as every current implementation runs it. */
const grammar = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The cost of a bcrypt hash; undefined for any other text. */
export function bcryptCost(hash: string): number | undefined {
  const cost = grammar.exec(hash)?.[1];
  return cost === undefined ? undefined : Number(cost);
}

/** A hash of nothing that anyone knows. A checksum of zeros has no password that could be found sooner than any other. */
export function dummyBcryptHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
