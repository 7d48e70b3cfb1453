/** A map of limited size that drops the entries that were not used recently. Values must not be undefined. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/**
 * Creates an LRU cache with two generations, a young and an old one. `get` and `set` put an entry into the young
 * generation. When the young generation holds half of the capacity, it becomes the old generation, and the previous old
 * generation is dropped as a whole. So the cache never holds more than `capacity` entries, and it always holds the
 * `capacity / 2` entries that were used last.
 *
 * The usual implementation uses a single Map and removes its first key for each new key. This is slow in V8: the Map
 * keeps the slots of removed keys, and each search for the first key passes over all of these slots.
 */
export function createLru<Value>(capacity: number): Lru<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  // The map `old` may still hold an earlier value of the same key. That value is never returned, because `get` looks in
  // the map `young` first.
  const set = (key: string, value: Value): void => {
    if (young.size >= capacity / 2 && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get: (key) => {
      const recent = young.get(key);
      if (recent !== undefined) return recent;
      const value = old.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
    get size() {
      return young.size + old.size;
    },
  };
}
