import type { Ports, Store } from '../../../store/store.ts';

/**
 * Returns a store that calls `guard` in the transaction of each change, before the change. If the guard throws, nothing
 * is changed.
 */
export function withGuard(store: Store, guard: (ports: Ports) => Promise<void>): Store {
  return {
    ...store,
    change: (what, work) =>
      store.change(what, async (ports) => {
        await guard(ports);
        return work(ports);
      }),
  };
}
