/** A map that removes entries of no more use by itself. */
export interface SweptMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/** The map is searched for entries of no more use when it has at least this many entries. */
const minSweepSize = 1024;

/**
 * Creates a map that never removes an entry of use. When the map has doubled since the last search, it removes all
 * entries for which `isOver` returns true. So it holds at most twice as many entries as are of use.
 */
export function createSweptMap<Value>(isOver: (value: Value) => boolean): SweptMap<Value> {
  const entries = new Map<string, Value>();
  let sweepSize = minSweepSize;
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      if (entries.size >= sweepSize) {
        for (const [key, value] of entries) if (isOver(value)) entries.delete(key);
        sweepSize = Math.max(minSweepSize, entries.size * 2);
      }
      entries.set(key, value);
    },
    delete: (key) => void entries.delete(key),
    get size() {
      return entries.size;
    },
  };
}
