import { z } from 'zod';
import {
  createAccessToken,
  findAccessTokenById,
  revokeAccessToken,
} from '../../../../admin/access-tokens.ts';
import { findUser } from '../../../../admin/users.ts';
import { tokenOfApi } from '../../../../admin/views/token-view.ts';
import { parseDuration } from '../../../../config/values/duration.ts';
import { toCanonicalName } from '../../../../identity/user-name.ts';
import type { AccessToken } from '../../../../store/store.ts';
import { givenMembers } from '../../input/given-members.ts';
import { parsedText } from '../../input/parsed-text.ts';
import { onlySchema, rightsIn } from '../../input/texts.ts';
import { pageOf, pageQuery, readPage } from '../../paging.ts';
import { created, defineRoute, noContent, ok, type Route } from '../../route.ts';
import { nameText, pageSchema } from '../../text.ts';
import { actionSchema, secretSchema, timeSchema } from '../people/schemas.ts';
import { ownerOf, requireOwn } from './own.ts';

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    user: z.string(),
    only: z.array(z.string()).nullable().meta({ description: '`null`: all rights of the user' }),
    rights: z.array(z.object({ pattern: z.string(), actions: z.array(actionSchema) })).nullable(),
    api: z.boolean().meta({ description: 'True if this API accepts the token' }),
    state: z.enum(['active', 'expired']),
    created: timeSchema,
    expires: timeSchema.nullable().meta({ description: '`null`: never' }),
    lastUsed: timeSchema.nullable(),
    lastUsedFrom: z.string().nullable(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
  })
  .meta({ id: 'Token' });

const newTokenSchema = z.strictObject({
  user: nameText.optional().meta({ description: 'By default, yourself. Only administrators name others' }),
  name: nameText,
  only: onlySchema(100, 512).optional(),
  expires: parsedText(readLifetime, 20)
    .default('90d')
    .meta({ description: 'A duration such as `90d`, or `never`' }),
  api: z.boolean().optional(),
  description: z.string().max(1000).optional(),
  owner: z.string().max(1000).optional(),
});

const keyOf = ({ user, name }: AccessToken) => [user, name];

export const tokens: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/tokens',
    tag: 'Tokens',
    summary: 'List access tokens: all for administrators, otherwise your own',
    access: 'user',
    query: z.strictObject({ ...pageQuery, user: nameText.optional() }),
    answers: { 200: pageSchema(tokenSchema) },
    errors: ['no_such_user'],
    handle: async ({ query, caller, api }) => {
      const page = readPage(query, 2);
      const user = ownerOf(caller, query.user);
      if (user !== undefined && query.user !== undefined) await findUser(api.store, user);
      const [afterUser = '', name = ''] = page.after ?? [];
      const after = page.after && { user: afterUser, name };
      const filter = { limit: page.limit + 1, after, contains: page.q };
      return pageOf(await api.store.accessTokens.page(filter, user), page, keyOf, tokenOfApi);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/tokens',
    tag: 'Tokens',
    summary: 'Create an access token. Its secret is shown once',
    access: 'user',
    body: newTokenSchema,
    answers: { 201: tokenSchema.extend({ secret: secretSchema }).meta({ id: 'NewToken' }) },
    errors: ['bad_name', 'bad_usage', 'no_such_user', 'already_exists'],
    handle: async ({ body: { user: typedUser, only, expires, ...rest }, caller, api }) => {
      const user = typedUser === undefined ? caller.subject.name : toCanonicalName(typedUser);
      requireOwn(caller, user);
      const { token, secret } = await createAccessToken(api.store, api.clock, {
        ...givenMembers(rest),
        user,
        only: only === undefined ? null : rightsIn(only),
        expiresIn: readLifetime(expires),
      });
      const view = tokenOfApi(token);
      return created(`/tokens/${encodeURIComponent(view.id)}`, { ...view, secret: secret.reveal() });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/tokens/{id}',
    tag: 'Tokens',
    summary: 'Show an access token',
    access: 'user',
    answers: { 200: tokenSchema },
    etag: { without: ['state', 'lastUsed', 'lastUsedFrom'] },
    errors: ['no_such_token'],
    handle: async ({ params, caller, api }) =>
      ok(tokenOfApi(await findAccessTokenById(api.store, params.id, ownerOf(caller)))),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/tokens/{id}',
    tag: 'Tokens',
    summary: 'Revoke an access token',
    access: 'user',
    answers: { 204: null },
    errors: ['no_such_token'],
    handle: async ({ params, caller, api }) => {
      const token = await findAccessTokenById(api.store, params.id, ownerOf(caller));
      await revokeAccessToken(api.store, api.clock, token);
      return noContent();
    },
  }),
];

/** Returns the lifetime in seconds, or null for `never`. */
function readLifetime(text: string): number | null {
  if (text === 'never') return null;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new RangeError('the lifetime must be a duration such as 90d, or never');
  return seconds;
}
