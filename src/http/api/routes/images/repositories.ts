import { z } from 'zod';
import { withStoredRules } from '../../../../admin/trust/rules-in-force.ts';
import { orNoSuchImage, requireAction } from '../../../../admin/images/access.ts';
import { describeRepository, listRepositories } from '../../../../admin/images/repositories.ts';
import { whoCan } from '../../../../explain/who-can.ts';
import { formatCursor, pageOf, pageQuery, readPage, selectPage } from '../../paging.ts';
import { defineRoute, ok, type Route } from '../../route.ts';
import { actionSchema, timeSchema } from '../people/schemas.ts';
import { askerOf } from './asker.ts';
import { repositoryParam } from './schemas.ts';

const repositorySchema = z
  .object({
    name: z.string(),
    actions: z.array(actionSchema).meta({ description: 'What you may do on the repository' }),
    public: z.boolean().meta({ description: 'Whether anyone may pull it under a public domain' }),
  })
  .meta({ id: 'Repository' });

const accessSchema = z
  .object({
    name: z.string(),
    kind: z.enum(['anonymous', 'user', 'htpasswd user', 'token', 'robot', 'ci']),
    user: z.string().optional().meta({ description: 'The user of an access token' }),
    domain: z.enum(['public', 'private']),
    actions: z.array(actionSchema),
    reason: z.string(),
    by: z.array(z.string()).meta({ description: 'The roles, grants and rules that decide' }),
    from: z
      .array(z.array(z.string()))
      .nullable()
      .meta({ description: 'Groups of client addresses, as networks of rules. `null`: every address' }),
  })
  .meta({ id: 'Access' });

const params = z.strictObject({ name: repositoryParam });

export const repositories: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/repositories',
    tag: 'Repositories',
    summary: 'List the repositories that you may pull',
    access: 'signed in',
    query: z.strictObject(pageQuery),
    answers: {
      200: z.object({
        items: z.array(repositorySchema),
        next: z.string().nullable(),
        readAt: timeSchema.meta({ description: 'When the registry was asked for the list' }),
        problem: z.string().nullable().meta({ description: 'Why the registry could not be asked again' }),
      }),
    },
    errors: ['registry_unreachable', 'registry_refused'],
    handle: async (call) => {
      const { limit, after, q } = readPage(call.query);
      const asked = { ...askerOf(call), after: after?.[0], q, limit };
      const { items, next, readAt, problem } = await listRepositories(
        call.api.images(),
        call.api.state.issuer.realms,
        asked,
      );
      return ok({ items, next: next === undefined ? null : formatCursor([next]), readAt, problem });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}',
    tag: 'Repositories',
    summary: 'Show what you may do on a repository',
    access: 'signed in',
    params,
    answers: { 200: repositorySchema },
    errors: ['no_such_image', 'registry_unreachable', 'registry_refused'],
    handle: async (call) => {
      const { name } = call.params;
      const asker = askerOf(call);
      requireAction(name, 'pull', asker);
      const found = orNoSuchImage(`the repository ${name}`, () =>
        describeRepository(call.api.images(), call.api.state.issuer.realms, name, asker),
      );
      return ok(await found);
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/access',
    tag: 'Repositories',
    summary: 'List who may do what on a repository, and why',
    access: 'administrator',
    params,
    query: z.strictObject({
      ...pageQuery,
      action: actionSchema.optional().meta({ description: 'Only who may do this action' }),
      from: z
        .union([z.ipv4(), z.ipv6()])
        .optional()
        .meta({ description: 'Only what a client with this address may do' }),
    }),
    answers: { 200: z.object({ items: z.array(accessSchema), next: z.string().nullable() }) },
    handle: async ({ params: { name }, query, api }) => {
      const question = { repository: name, action: query.action, address: query.from };
      const found = await whoCan(
        question,
        api.store,
        await withStoredRules(api.store, api.config),
        api.clock(),
      );
      const page = readPage(query, 5);
      // `grant who` prints the rows in the order of this list, so the pages have this order too.
      const keyOf = ({ domain, kind, name: who, user, from }: (typeof found)[number]) => [
        domain === 'public' ? '0' : '1',
        String(accessSchema.shape.kind.options.indexOf(kind)),
        user ?? '',
        who,
        JSON.stringify(from).slice(0, 500),
      ];
      const textOf = ({ name: who, user }: (typeof found)[number]) => `${who} ${user ?? ''}`;
      return pageOf(selectPage(found, page, keyOf, textOf), page, keyOf);
    },
  }),
];
