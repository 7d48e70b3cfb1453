import { z } from 'zod';
import {
  findHolder,
  findSessionById,
  readSessions,
  revokeSession,
  type Session,
} from '../../../../admin/sessions.ts';
import type { SessionKey } from '../../../../store/store.ts';
import { sessionView } from '../../../../admin/views/session-view.ts';
import { garbledCursor, pageOf, pageQuery, readPage } from '../../paging.ts';
import { defineRoute, noContent, ok, type Route } from '../../route.ts';
import { nameText, pageSchema } from '../../text.ts';
import { sessionSchema } from '../entry/schemas.ts';
import { ownerOf } from './own.ts';

/** Sessions are sorted by user and then by creation. */
const keyOf = ({ user, createdAt, id }: Session) => [user, String(createdAt), id];

function toSessionKey([user = '', createdAt = '', id = '']: readonly string[]): SessionKey {
  if (/^\d{1,15}$/.test(createdAt)) return { user, createdAt: Number(createdAt), id };
  throw garbledCursor();
}

export const sessions: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'List sessions of clients and of the web console: all for administrators, otherwise your own',
    access: 'user',
    query: z.strictObject({ ...pageQuery, user: nameText.optional() }),
    answers: { 200: pageSchema(sessionSchema) },
    errors: ['no_such_user'],
    handle: async ({ query, caller, api }) => {
      const page = readPage(query, 3);
      const user = ownerOf(caller, query.user);
      if (query.user !== undefined && caller.rank === 'administrator')
        await findHolder(api.store, query.user);
      const after = page.after && toSessionKey(page.after);
      const filter = { limit: page.limit + 1, after, contains: page.q };
      const found = await readSessions(api.store, api.clock, api.config.tokens.refresh, filter, user);
      return pageOf(found, page, keyOf, sessionView);
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/sessions/{id}',
    tag: 'Sessions',
    summary: 'Show a session',
    access: 'user',
    answers: { 200: sessionSchema },
    etag: { without: ['lastUsed', 'lastUsedAt', 'lastUsedFrom', 'expires'] },
    errors: ['no_such_session'],
    handle: async ({ params, caller, api }) => {
      const { refresh } = api.config.tokens;
      return ok(
        sessionView(await findSessionById(api.store, api.clock, refresh, params.id, ownerOf(caller))),
      );
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/sessions/{id}',
    tag: 'Sessions',
    summary: 'End a session',
    access: 'user',
    answers: { 204: null },
    errors: ['no_such_session'],
    handle: async ({ params, caller, api }) => {
      await revokeSession(api.store, api.clock, params.id, ownerOf(caller));
      return noContent();
    },
  }),
];
