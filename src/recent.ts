import { recentMap } from './recent-map.ts';

/**
 * A pure function that remembers its last results: the same texts come again and again from a fleet. What throws is
 * not remembered.
 */
export function recent<Result>(
  capacity: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const known = recentMap<Result>(capacity);
  return (text) => {
    let result = known.get(text);
    if (result === undefined) known.set(text, (result = compute(text)));
    return result;
  };
}
