import { z } from 'zod';
import { addGroup, findGroup, joinGroup, leaveGroup, removeGroup } from '../../../../admin/groups.ts';
import { groupView } from '../../../../admin/views/group-view.ts';
import { pageOf, pageQuery, readPage } from '../../paging.ts';
import { created, defineRoute, noContent, ok, type Route } from '../../route.ts';
import { nameText, pageSchema } from '../../text.ts';
import { timeSchema } from './schemas.ts';

const groupSchema = z
  .object({ name: z.string(), members: z.array(z.string()), created: timeSchema })
  .meta({ id: 'Group' });

export const groups: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/groups',
    tag: 'Groups',
    summary: 'List groups with their members',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: { 200: pageSchema(groupSchema) },
    handle: async ({ query, api }) => {
      const page = readPage(query);
      const found = await api.store.groups.page({
        limit: page.limit + 1,
        after: page.after?.[0],
        contains: page.q,
      });
      return pageOf(found, page, ({ name }) => [name], groupView);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/groups',
    tag: 'Groups',
    summary: 'Add a group',
    access: 'administrator',
    body: z.strictObject({ name: nameText }),
    answers: { 201: groupSchema },
    errors: ['bad_name', 'already_exists'],
    handle: async ({ body, api: { store, clock } }) => {
      const name = await addGroup(store, clock, body.name);
      return created(`/groups/${encodeURIComponent(name)}`, groupView(await findGroup(store, name)));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/groups/{name}',
    tag: 'Groups',
    summary: 'Show a group with its members',
    access: 'administrator',
    answers: { 200: groupSchema },
    errors: ['no_such_group'],
    etag: true,
    handle: async ({ params, api }) => ok(groupView(await findGroup(api.store, params.name))),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/groups/{name}',
    tag: 'Groups',
    summary: 'Remove a group and its grants, but not the users in the group',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_group'],
    handle: async ({ params, api: { store, clock } }) => {
      await removeGroup(store, clock, params.name);
      return noContent();
    },
  }),
  defineRoute({
    method: 'PUT',
    path: '/groups/{name}/members/{user}',
    tag: 'Groups',
    summary: 'Add a user to a group',
    etagOf: '/groups/{name}',
    access: 'administrator',
    answers: { 200: groupSchema },
    errors: ['no_such_group', 'no_such_user'],
    handle: async ({ params, api: { store, clock } }) => {
      await joinGroup(store, clock, { group: params.name, user: params.user });
      return ok(groupView(await findGroup(store, params.name)));
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/groups/{name}/members/{user}',
    tag: 'Groups',
    summary: 'Remove a user from a group',
    etagOf: '/groups/{name}',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_group', 'no_such_user'],
    handle: async ({ params, api: { store, clock } }) => {
      await leaveGroup(store, clock, { group: params.name, user: params.user });
      return noContent();
    },
  }),
];
