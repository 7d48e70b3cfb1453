/** A map of limited size that drops the entries that were not used recently. Values must not be undefined. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/**
 * Creates an LRU with two generations, a young and an old one. `get` and `set` put an entry into the young generation.
 * When the young generation holds half of the capacity, it becomes the old one, and the previous old one is dropped as
 * a whole. So the LRU holds at most `capacity` entries, and always the last `capacity / 2` that were used.
 *
 * The usual way, removing the first key of one Map for each new key, is slow in V8: the Map keeps the slots of removed
 * keys, and each search for the first key walks over all of them.
 */
export function createLru<Value>(capacity: number): Lru<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  // If the old generation holds a previous value of the key, it stays there unread: `get` looks in the young one first.
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
