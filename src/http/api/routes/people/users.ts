import { z } from 'zod';
import { describeUser } from '../../../../admin/people/described-user.ts';
import { updateUser } from '../../../../admin/people/update-user.ts';
import { addUser, removeUser, unlockUser } from '../../../../admin/users.ts';
import { userView } from '../../../../admin/views/user-view.ts';
import { newPasswordMembers, newPasswordOf, requireOnePassword } from '../../new-password.ts';
import { pageOf, pageQuery, readPage } from '../../paging.ts';
import { created, defineRoute, noContent, ok, type Route } from '../../route.ts';
import { nameText, pageSchema } from '../../text.ts';
import { rightSchema, roleSchema, secretSchema, timeSchema } from './schemas.ts';

const listedUser = {
  name: z.string(),
  role: roleSchema,
  source: z.string().meta({ description: '`local`, or `htpasswd` for a user of the htpasswd file' }),
  disabled: z.boolean(),
  groups: z.array(z.string()),
  rightsFrom: z.enum(['role', 'grants']).meta({ description: 'What decides about repositories' }),
  state: z.enum(['active', 'disabled', 'no password']),
  created: timeSchema.optional(),
  changed: timeSchema.optional(),
};
const userSchema = z
  .object({
    ...listedUser,
    rights: z.array(rightSchema),
    holdings: z.string().meta({ description: 'The rights of the user in one sentence' }),
  })
  .meta({ id: 'User' });
const listedUserSchema = z.object(listedUser).meta({ id: 'ListedUser' });
const newUserSchema = userSchema.extend({ secret: secretSchema.optional() }).meta({ id: 'NewUser' });

export const users: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/users',
    tag: 'Users',
    summary: 'List users',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: {
      200: pageSchema(listedUserSchema).extend({
        disabledInHtpasswd: z
          .array(z.string())
          .meta({ description: 'The users of the htpasswd file who are disabled. They are no items' }),
      }),
    },
    handle: async ({ query, api }) => {
      const page = readPage(query);
      const found = await api.store.users.page({
        limit: page.limit + 1,
        after: page.after?.[0],
        contains: page.q,
      });
      const { body, ...answer } = pageOf(
        found,
        page,
        ({ user }) => [user.name],
        ({ user, groups }) => userView(user, groups),
      );
      const disabled = (await api.store.htpasswdUsers.listDisabled()).map(({ name }) => name);
      return { ...answer, body: { ...(body as object), disabledInHtpasswd: disabled } };
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/users',
    tag: 'Users',
    summary: 'Add a user',
    access: 'administrator',
    body: z
      .strictObject({ name: nameText, role: roleSchema.optional(), ...newPasswordMembers })
      .superRefine(requireOnePassword),
    answers: { 201: newUserSchema },
    errors: ['bad_name', 'bad_password', 'already_exists'],
    handle: async ({ body, api: { store, clock, config } }) => {
      const { minLength } = config.passwords;
      const { password, shown } = newPasswordOf(body, minLength);
      const role = body.role ?? config.users.defaultRole;
      const name = await addUser(store, clock, { name: body.name, role, password, minLength });
      const user = await describeUser(store, name, config);
      return created(`/users/${encodeURIComponent(name)}`, { ...user, ...shown });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/users/{name}',
    tag: 'Users',
    summary: 'Show a user with all groups and rights',
    access: 'administrator',
    answers: { 200: userSchema },
    errors: ['no_such_user'],
    etag: true,
    handle: async ({ params, api }) => ok(await describeUser(api.store, params.name, api.config)),
  }),
  defineRoute({
    method: 'PATCH',
    path: '/users/{name}',
    tag: 'Users',
    summary: 'Change the role of a user, or disable or enable the user',
    access: 'administrator',
    body: z.strictObject({ role: roleSchema.optional(), disabled: z.boolean().optional() }),
    answers: { 200: userSchema },
    errors: ['no_such_user'],
    handle: async ({ params, body, api: { store, clock, config } }) => {
      await updateUser(store, clock, params.name, body, config.htpasswd);
      return ok(await describeUser(store, params.name, config));
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/users/{name}',
    tag: 'Users',
    summary: 'Remove a user with all access tokens, sessions and grants',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_user'],
    handle: async ({ params, api: { store, clock } }) => {
      await removeUser(store, clock, params.name);
      return noContent();
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/users/{name}/lockout',
    tag: 'Users',
    summary: 'End the lockout of a user after too many failed login attempts',
    etagOf: '/users/{name}',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_user'],
    handle: async ({ params, api: { store, clock } }) => {
      await unlockUser(store, clock, params.name);
      return noContent();
    },
  }),
];
