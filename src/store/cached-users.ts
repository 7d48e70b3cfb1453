import type { Store, User } from './store.ts';

/** Names held at once; past that the memory is emptied. A million users fit a database, not every process. */
const capacity = 20_000;

/**
 * Finds users in memory. The store's change counter is looked at first, so the very request after a change by anyone
 * sees it.
 */
export function cachedUserFinder(store: Store): (name: string) => Promise<User | undefined> {
  let known = new Map<string, Promise<User | undefined>>();
  let version = store.changes();
  return (name) => {
    const now = store.changes();
    if (now !== version || known.size >= capacity) {
      known = new Map();
      version = now;
    }
    const cache = known;
    let user = cache.get(name);
    if (user === undefined) {
      user = store.users.find(name);
      cache.set(name, user);
      user.catch(() => cache.delete(name));
    }
    return user;
  };
}
