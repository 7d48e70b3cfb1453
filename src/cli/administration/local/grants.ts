import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import { grantView } from '../../../admin/views/grant-view.ts';
import type { GrantOperations } from '../people.ts';

/** The operations on the grants in the database. Each operation loads only the code that it needs. */
export function localGrants(store: Store, config: Config): GrantOperations {
  return {
    list: async (subject) => (await (await loadGrants()).listGrants(store, subject)).map(grantView),
    findHolder: async (subject) => (await loadGrants()).findGrantHolder(store, subject),
    requireGrant: async ({ name }, pattern) => (await loadGrants()).requireGrant(store, name, pattern),
    add: async (grant) => {
      const { addGrant, findReachedUsers } = await loadGrants();
      const { holder, switched } = await addGrant(store, systemClock, grant);
      return { holder, switched, reached: await findReachedUsers(store, holder) };
    },
    remove: async (grant) => {
      const { findReachedUsers, removeGrant } = await loadGrants();
      const holder = await removeGrant(store, systemClock, grant);
      return { holder, reached: await findReachedUsers(store, holder) };
    },
    removingNarrows: async (holder, pattern) => {
      const { removingGrantNarrows } = await import('../../../admin/rights/narrowing.ts');
      return removingGrantNarrows(store, holder, pattern);
    },
    who: async (question) => {
      const { whoCan } = await import('../../../explain/who-can.ts');
      const { withStoredRules } = await import('../../../admin/trust/rules-in-force.ts');
      return whoCan(question, store, await withStoredRules(store, config), systemClock());
    },
  };
}

const loadGrants = () => import('../../../admin/rights/grants.ts');
