import { createLru } from './lru.ts';
import { createDoorkeeper } from './doorkeeper.ts';

/**
 * Returns a function that caches the results of the pure function `compute`. A result is cached only when its argument
 * is seen for the second time, because many arguments occur only once, and caching their results costs more than
 * computing them (see doorkeeper.ts). If `compute` throws, nothing is cached.
 */
export function memoize<Result>(
  capacity: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const results = createLru<Result>(capacity);
  const wasSeen = createDoorkeeper();
  return (text) => {
    const cached = results.get(text);
    if (cached !== undefined) return cached;
    const result = compute(text);
    if (wasSeen(text)) results.set(text, result);
    return result;
  };
}
