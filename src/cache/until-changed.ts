import { createLru } from './lru.ts';

/** The default capacity of the LRU in entries. The LRU never drops the 20,000 keys (half the capacity) that were used last. */
const defaultCapacity = 40_000;
/**
 * The maximum length of a key that is cached, in characters. No stored name or hash is longer. Longer keys are looked
 * up without caching, so that they use no memory.
 */
const maxKeyLength = 128;

/** A source of data with a counter. After each change of the data, the counter has a different value. */
export interface ChangeCounter {
  changes(): unknown;
}

/**
 * Returns a function that looks up keys with `find` and caches the results until the data in the source changes. Each
 * call reads the change counter first. So the first call after a change returns the new data, no matter which process
 * made the change. If `find` finds nothing for a key, this result is cached as well.
 * @param capacity the largest number of cached entries
 * @param find looks up a key in the source. If it rejects, the result is not cached and the next call tries again.
 */
export function cacheUntilChanged<Value>(
  source: ChangeCounter,
  find: (key: string) => Promise<Value>,
  capacity = defaultCapacity,
): (key: string) => Promise<Value> {
  let cache = createLru<Promise<Value>>(capacity);
  let version = source.changes();
  return (key) => {
    if (key.length > maxKeyLength) return find(key);
    const currentVersion = source.changes();
    if (currentVersion !== version) {
      cache = createLru(capacity);
      version = currentVersion;
    }
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const value = find(key);
    const cacheOfVersion = cache;
    cacheOfVersion.set(key, value);
    value.catch(() => cacheOfVersion.delete(key));
    return value;
  };
}
