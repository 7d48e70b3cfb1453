import type { Store } from '../store/store.ts';

/** Keys held at once; past that the memory is emptied. A million users fit a database, not every process. */
const capacity = 20_000;
/** Characters. Longer than any name or hash that is ever stored: such keys are asked for by nobody honest, and not kept. */
const longestKey = 128;

/**
 * Looks things up in memory. The store's change counter is read first, so the very request after a change by anyone
 * sees it. What is not there is kept too: a counted change tells when it comes.
 * @param find asks the store, for a key that is not in memory
 */
export function cacheUntilChanged<Value>(
  store: Pick<Store, 'changes'>,
  find: (key: string) => Promise<Value>,
): (key: string) => Promise<Value> {
  let known = new Map<string, Promise<Value>>();
  let version = store.changes();
  return (key) => {
    if (key.length > longestKey) return find(key);
    const now = store.changes();
    if (now !== version || known.size >= capacity) {
      known = new Map();
      version = now;
    }
    const cache = known;
    let value = cache.get(key);
    if (value === undefined) {
      value = find(key);
      cache.set(key, value);
      // A lookup that failed is tried again by the next.
      value.catch(() => cache.delete(key));
    }
    return value;
  };
}
