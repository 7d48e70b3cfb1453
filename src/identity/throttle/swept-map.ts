/** A map that removes entries by itself when they are no longer needed. */
export interface SweptMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/** The map is searched for entries to remove only when it has at least this many entries. */
const minSweepSize = 1024;

/**
 * Creates a map that removes only entries for which `isOver` returns true. It searches for them each time its size has
 * doubled since the last search. So a large map holds at most twice as many entries as were left after that search.
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
