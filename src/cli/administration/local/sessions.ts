import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import { sessionView } from '../../../admin/views/session-view.ts';
import type { SessionOperations } from '../credentials.ts';

/** The operations on the sessions in the database. Each operation loads only the code that it needs. */
export function localSessions(store: Store, { tokens }: Config): SessionOperations {
  return {
    list: async (user) => {
      const { listSessions } = await loadSessions();
      return (await listSessions(store, systemClock, tokens.refresh, user)).map(sessionView);
    },
    require: async (which) => (await loadSessions()).requireSessions(store, which),
    revoke: async (id) => (await loadSessions()).revokeSession(store, systemClock, id),
    revokeOf: async (user) => (await loadSessions()).revokeSessionsOf(store, systemClock, user),
    revokeAll: async () => (await loadSessions()).revokeAllSessions(store, systemClock),
  };
}

const loadSessions = () => import('../../../admin/sessions.ts');
