import { median } from './median.ts';

/**
 * Returns the first quartile, the median and the third quartile. A quartile is the median of the values below or above
 * the middle value.
 * @param values at least one value, in any order
 */
export function quartiles(values: readonly number[]): [low: number, middle: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.ceil(sorted.length / 2);
  return [median(sorted.slice(0, half)), median(sorted), median(sorted.slice(-half))];
}
