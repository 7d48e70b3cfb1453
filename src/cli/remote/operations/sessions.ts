import type { SessionView } from '../../../admin/views/session-view.ts';
import type { SessionOperations } from '../../administration/credentials.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The operations on sessions, through the administration API. */
export function remoteSessions(api: ApiClient): SessionOperations {
  const revokeMany = async (body: { user: string } | { all: true }): Promise<number> =>
    (await api.send('POST', '/session-revocations', { body })).body.number('count');
  return {
    list: async (user) => (await api.list('/sessions', { user })).map(viewOf),
    require: async ({ id, user }) => {
      if (user !== undefined) await api.get('/sessions', { query: { user, limit: '1' } });
      if (id !== undefined) await api.get(pathOf('sessions', id));
    },
    revoke: async (id) => {
      await api.send('DELETE', pathOf('sessions', id));
    },
    revokeOf: (user) => revokeMany({ user }),
    revokeAll: () => revokeMany({ all: true }),
  };
}

function viewOf(session: Fields): SessionView {
  const [created, lastUsed] = [session.text('created'), session.text('lastUsed')];
  return {
    name: session.text('name'),
    id: session.text('id'),
    user: session.text('user'),
    host: session.text('host'),
    client: session.text('client'),
    browser: session.textOrNull('browser'),
    created,
    createdAt: created,
    lastUsed,
    lastUsedAt: lastUsed,
    lastUsedFrom: session.text('lastUsedFrom'),
    expires: session.text('expires'),
  };
}
