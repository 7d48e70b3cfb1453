import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';

/**
 * Checks a property with hostile inputs, which fast-check chooses at random. In a normal run, it tries `inputs` inputs.
 * `npm run test:fuzz` sets DOCKPASS_FUZZ_SECONDS, and then further inputs are tried for at least this long. If an input
 * breaks the property, the error contains the input, and the seed that repeats it.
 * @param property what must be true, from `fc.property` or `fc.asyncProperty`
 * @param inputs the number of inputs between two looks at the clock
 */
export async function fuzz(property: fc.IRawProperty<unknown>, inputs: number): Promise<void> {
  const seconds = Number(process.env['DOCKPASS_FUZZ_SECONDS'] ?? 0);
  const until = performance.now() + seconds * 1000;
  let tried = 0;
  do {
    await fc.assert(property, { numRuns: inputs });
    tried += inputs;
    // vitest loses its connection to a worker that does not answer for a minute.
    await nextTurn();
  } while (performance.now() < until);
  if (seconds > 0) console.log(`${tried} inputs tried in ${seconds} seconds`);
}
