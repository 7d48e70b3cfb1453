import { z } from 'zod';
import { addGrant, findGrantHolder, removeGrant } from '../../../../admin/rights/grants.ts';
import { apiGrantView } from '../../../../admin/views/grant-view.ts';
import { pageOf, pageQuery, readPage } from '../../paging.ts';
import { actions as knownActions } from '../../../../policy/rights.ts';
import { created, defineRoute, noContent, type Route } from '../../route.ts';
import { nameText, pageSchema, patternText } from '../../text.ts';
import { actionSchema } from '../people/schemas.ts';

const grantSchema = z
  .object({
    subject: z.string().meta({ description: 'The name of a user, or `group:NAME`' }),
    name: z.string().meta({ description: 'The same as `subject`' }),
    pattern: z.string(),
    actions: z.array(actionSchema),
  })
  .meta({ id: 'Grant' });
const newGrantSchema = grantSchema
  .extend({
    switched: z.array(z.string()).meta({
      description: 'The users who now have only the rights of grants, and no longer those of their role',
    }),
  })
  .meta({ id: 'NewGrant' });
const subject = nameText.meta({ description: 'The name of a user, or `group:NAME`', example: 'alice' });

export const grants: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/grants',
    tag: 'Grants',
    summary: 'List grants',
    access: 'administrator',
    query: z.strictObject({ ...pageQuery, subject: subject.optional(), pattern: patternText.optional() }),
    answers: { 200: pageSchema(grantSchema) },
    errors: ['no_such_user', 'no_such_group', 'bad_usage'],
    handle: async ({ query, api: { store } }) => {
      const page = readPage(query, 2);
      const holder = query.subject === undefined ? undefined : await findGrantHolder(store, query.subject);
      const [subject = '', pattern = ''] = page.after ?? [];
      const found = await store.grants.page(
        { limit: page.limit + 1, after: page.after && { subject, pattern }, contains: page.q },
        { subject: holder?.name, pattern: query.pattern },
      );
      return pageOf(found, page, (grant) => [grant.subject, grant.pattern], apiGrantView);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/grants',
    tag: 'Grants',
    summary: 'Grant a user or a group actions on repositories. An earlier grant on the pattern is replaced',
    access: 'administrator',
    body: z.strictObject({ subject, pattern: patternText, actions: z.array(actionSchema).min(1).max(10) }),
    answers: { 201: newGrantSchema },
    errors: ['no_such_user', 'no_such_group', 'bad_usage'],
    handle: async ({ body, api: { store, clock } }) => {
      const { pattern } = body;
      const actions = knownActions.filter((action) => body.actions.includes(action));
      const { holder, switched } = await addGrant(store, clock, { subject: body.subject, pattern, actions });
      const location = `/grants?subject=${encodeURIComponent(holder.name)}&pattern=${encodeURIComponent(pattern)}`;
      return created(location, { ...apiGrantView({ subject: holder.name, pattern, actions }), switched });
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/grants',
    tag: 'Grants',
    summary: 'Remove a grant',
    access: 'administrator',
    query: z.strictObject({ subject, pattern: patternText }),
    answers: { 204: null },
    errors: ['no_such_user', 'no_such_group', 'no_such_grant', 'bad_usage'],
    handle: async ({ query, api: { store, clock } }) => {
      await removeGrant(store, clock, query);
      return noContent();
    },
  }),
];
