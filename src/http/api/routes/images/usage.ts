import { z } from 'zod';
import { parsePointInTime, pointInTimeWanted } from '../../../../admin/audit/point-in-time.ts';
import { mayPull } from '../../../../policy/pullable-repositories.ts';
import { longestLifetime } from '../../../../usage/find-token.ts';
import { readUsageEvents } from '../../../../usage/read-events.ts';
import { readUsagePage } from '../../../../usage/read-usage.ts';
import { pointInTime } from '../../input/texts.ts';
import { formatCursor, garbledCursor, pageQuery, readPage } from '../../paging.ts';
import { defineRoute, list, type Route } from '../../route.ts';
import { timeSchema } from '../people/schemas.ts';
import { askerOf } from './asker.ts';

const count = z.int().nonnegative();
const text = z.string().nullable();

const usageSchema = z
  .object({
    name: z.string().meta({ description: '`REPO:TAG`, or `REPO@DIGEST` if it was used without a tag' }),
    repository: z.string(),
    tag: text,
    digest: text.meta({ description: 'For a tag, the digest in the newest event' }),
    pulls: count,
    lastPulledAt: timeSchema
      .nullable()
      .meta({ description: 'Includes fetches of the image as part of an index, which are no pulls' }),
    lastPulledBy: text.meta({ description: 'The user, robot or trust rule. `null`: an anonymous client' }),
    pushes: count,
    lastPushedAt: timeSchema.nullable(),
    lastPushedBy: text,
    domain: z.enum(['public', 'private']).meta({
      description: 'An image that is used under a public and a private domain has two items',
    }),
  })
  .meta({ id: 'Usage' });

const eventSchema = z
  .object({
    name: z.string().meta({ description: '`REPO:TAG` or `REPO@DIGEST`: the image for which it counts' }),
    time: timeSchema,
    action: z.enum(['pull', 'part', 'push']).meta({
      description: '`part`: fetched as part of an index, which is no pull of its own',
    }),
    repository: z.string(),
    tag: text,
    digest: text,
    user: text.meta({ description: 'The user, robot or trust rule. `null`: an anonymous client' }),
    domain: z.enum(['public', 'private']),
    host: z.string(),
    address: z.string(),
    client: z.string().meta({ description: 'The User-Agent' }),
    token: z
      .object({
        auditId: z.string().meta({ description: '`GET /explain/{id}` shows the row of the audit log' }),
        id: text.meta({ description: 'The claim `jti`. `null`: an anonymous client' }),
        issuedAt: timeSchema,
        address: z.string().meta({ description: 'The address to which the token was issued' }),
        accessToken: text.meta({ description: 'The name of the access token of the user' }),
        job: text.meta({ description: 'The job that logged in with a JWT' }),
      })
      .nullable()
      .meta({
        description:
          'The registry token with which the client most likely sent the request. `null`: the audit log has no row',
      }),
  })
  .meta({ id: 'UsageEvent' });

/** How long a search may take in milliseconds. A page that is not full has a cursor to go on. */
const searchBudgetMs = 200;

export const usage: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/usage',
    tag: 'Repositories',
    summary:
      'List the images that were pulled or pushed, in repositories that you may pull; administrators: in all',
    access: 'signed in',
    query: z.strictObject({
      ...pageQuery,
      repository: z.string().max(255).optional().meta({ description: 'Only images of this repository' }),
      tag: z.string().max(128).optional(),
      digest: z.string().max(200).optional().meta({
        description: 'Only images used by this digest, and tags whose newest digest this is',
      }),
      by: z.string().max(300).optional().meta({ description: 'Count only what this user or robot did' }),
      since: pointInTime
        .optional()
        .meta({ description: `Count only what happened since then: ${pointInTimeWanted}` }),
    }),
    answers: { 200: z.object({ items: z.array(usageSchema), next: z.string().nullable() }) },
    handle: async (call) => {
      const { api, caller, query } = call;
      const { limit, after, q } = readPage(query);
      const afterId = Number(after?.[0] ?? 0);
      if (!Number.isSafeInteger(afterId) || afterId < 0) throw garbledCursor();
      const now = api.clock();
      const asker = askerOf(call);
      const isAdministrator = caller.rank === 'administrator';
      const question = {
        // An empty parameter selects everything, because forms send the fields that are not filled in.
        repository: query.repository || undefined,
        tag: query.tag || undefined,
        digest: query.digest || undefined,
        by: query.by || undefined,
        since: query.since === undefined ? undefined : parsePointInTime(query.since, 'start', now),
        contains: q,
        isVisible: isAdministrator ? undefined : (repository: string) => mayPull(repository, asker),
      };
      const parts = { store: api.store, now, keepRaw: api.config.events.keepRaw };
      const { views, next } = await readUsagePage(parts, question, afterId, limit);
      return list(views, next === undefined ? null : formatCursor([String(next)]));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/usage/events',
    tag: 'Repositories',
    summary: 'List the single pulls and pushes of images, newest first, for as long as they are stored',
    access: 'administrator',
    query: z.strictObject({
      limit: pageQuery.limit,
      cursor: pageQuery.cursor,
      repository: z.string().min(1).max(255),
      tag: z.string().max(128).optional(),
      digest: z.string().max(200).optional(),
      by: z.string().max(300).optional().meta({ description: 'Only what this user or robot did' }),
      since: pointInTime
        .optional()
        .meta({ description: `Only what happened since then: ${pointInTimeWanted}` }),
    }),
    answers: { 200: z.object({ items: z.array(eventSchema), next: z.string().nullable() }) },
    handle: async ({ api: { store, clock, config }, query }) => {
      const { limit, after } = readPage(query, 2);
      const [at, seq] = (after ?? []).map(Number);
      if (after !== undefined && !(Number.isSafeInteger(at) && Number.isSafeInteger(seq)))
        throw garbledCursor();
      const { views, next } = await readUsageEvents(
        { store, tokenLifetime: longestLifetime(config.tokens) },
        {
          repository: query.repository,
          tag: query.tag || undefined,
          digest: query.digest || undefined,
          by: query.by || undefined,
          since: query.since === undefined ? undefined : parsePointInTime(query.since, 'start', clock()),
        },
        {
          before: at === undefined || seq === undefined ? undefined : { at, seq },
          limit,
          budgetMs: searchBudgetMs,
        },
      );
      return list(views, next === undefined ? null : formatCursor([String(next.at), String(next.seq)]));
    },
  }),
];
