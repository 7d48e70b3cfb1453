import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import { groupView } from '../../../admin/views/group-view.ts';
import type { GroupOperations } from '../people.ts';

/** The operations on the groups in the database. Each operation loads only the code that it needs. */
export function localGroups(store: Store, { policy }: Config): GroupOperations {
  return {
    list: async () => (await store.groups.list()).map(groupView),
    find: async (text) => groupView(await (await loadGroups()).findGroup(store, text)),
    add: async (text) => (await loadGroups()).addGroup(store, systemClock, text),
    remove: async (text) => (await loadGroups()).removeGroup(store, systemClock, text),
    join: async (membership) => (await loadGroups()).joinGroup(store, systemClock, membership),
    leave: async (membership) => (await loadGroups()).leaveGroup(store, systemClock, membership),
    leavingNarrows: async (membership) => {
      const { leavingNarrows } = await import('../../../admin/rights/narrowing.ts');
      return leavingNarrows(store, policy, membership);
    },
  };
}

const loadGroups = () => import('../../../admin/groups.ts');
