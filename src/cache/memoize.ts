import { createLru } from './lru.ts';
import { createDoorkeeper } from './doorkeeper.ts';

/**
 * A pure function that remembers the last results for texts that come again and again, as from a fleet. What comes once
 * is not remembered, nor is what throws.
 */
export function memoize<Result>(
  capacity: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const known = createLru<Result>(capacity);
  const wasAsked = createDoorkeeper();
  return (text) => {
    if (!wasAsked(text)) return compute(text);
    let result = known.get(text);
    if (result === undefined) known.set(text, (result = compute(text)));
    return result;
  };
}
