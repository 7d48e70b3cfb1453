import { z } from 'zod';
import { publicView } from '../../../../admin/views/user-view.ts';
import { pageOf, pageQuery, readPage, selectPage } from '../../paging.ts';
import { defineRoute, type Route } from '../../route.ts';
import { roleSchema, timeSchema } from './schemas.ts';

const userSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    rightsFrom: z.enum(['role', 'grants']),
    state: z.string(),
    created: timeSchema,
    changed: timeSchema,
  })
  .meta({ id: 'User' });

export const users: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/users',
    tag: 'Users',
    summary: 'List users',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: { 200: z.object({ items: z.array(userSchema), next: z.string().nullable() }) },
    handle: async ({ query, api }) => {
      const page = readPage(query);
      const keyOf = ({ name }: { name: string }) => [name];
      return pageOf(selectPage(await api.store.users.list(), page, keyOf), page, keyOf, publicView);
    },
  }),
];
