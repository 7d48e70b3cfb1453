import { recentMap } from './lru.ts';
import { seenLately } from './doorkeeper.ts';

/**
 * A pure function that remembers the last results for texts that come again and again, as from a fleet. What comes once
 * is not remembered, nor is what throws.
 */
export function recent<Result>(
  capacity: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const known = recentMap<Result>(capacity);
  const wasAsked = seenLately();
  return (text) => {
    if (!wasAsked(text)) return compute(text);
    let result = known.get(text);
    if (result === undefined) known.set(text, (result = compute(text)));
    return result;
  };
}
