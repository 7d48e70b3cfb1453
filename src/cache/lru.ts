/** A map of fixed capacity: what was not asked for lately makes room. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/**
 * Two generations: what is used moves into the young one, and when that is full, the old one is dropped whole. So at
 * least the last half of the capacity is kept, at the same cost however full it is. (Taking the first key out of one
 * Map again and again costs V8 a walk over all that was taken out before.)
 */
export function createLru<Value>(capacity: number): Lru<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  // What is set anew may still stand in the old one, where nobody looks before it is dropped.
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
