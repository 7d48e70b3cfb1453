import { cached } from './cached.ts';
import type { Store, User } from './store.ts';

/** Finds users in memory, never later than the change counter. */
export function cachedUserFinder(store: Store): (name: string) => Promise<User | undefined> {
  return cached(store, (name) => store.users.find(name));
}
