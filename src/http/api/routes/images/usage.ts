import { z } from 'zod';
import { parsePointInTime, pointInTimeWanted } from '../../../../admin/audit/point-in-time.ts';
import type { ImageRegistry } from '../../../../admin/images/image-registry.ts';
import { mayPull } from '../../../../policy/pullable-repositories.ts';
import { longestLifetime } from '../../../../usage/find-token.ts';
import { readUsageEvents } from '../../../../usage/read-events.ts';
import { orMissing } from '../../../../registry/api-client.ts';
import { isRepositoryName } from '../../../../scope/parse-scopes.ts';
import { placeOf, rankUsage, usageOrders, type Place } from '../../../../usage/rank-usage.ts';
import { readUsagePage, type UsageQuestion } from '../../../../usage/read-usage.ts';
import { readUnusedPage } from '../../../../usage/unused-images.ts';
import { readUsageDays, type UsageDay } from '../../../../usage/usage-days.ts';
import { pointInTime } from '../../input/texts.ts';
import {
  formatCursor,
  garbledCursor,
  pageOf,
  pageQuery,
  readPage,
  selectPage,
  type PageRequest,
} from '../../paging.ts';
import { defineRoute, list, type Call, type Route } from '../../route.ts';
import { timeSchema } from '../people/schemas.ts';
import { askerOf } from './asker.ts';
import { tagUsage } from './schemas.ts';

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
const daySchema = z
  .object({
    day: z.string().meta({ description: 'The day in UTC', example: '2026-11-29' }),
    pulls: count,
    pushes: count,
  })
  .meta({ id: 'UsageDay' });

const unusedSchema = z
  .object({ name: z.string(), repository: z.string(), tag: z.string(), digest: text, ...tagUsage })
  .meta({ id: 'UnusedImage', description: 'A tag that no one needs, as far as events show it' });

const repository = z.string().max(255).optional().meta({ description: 'Only images of this repository' });
const by = z.string().max(300).optional().meta({ description: 'Count only what this user or robot did' });
const since = pointInTime
  .optional()
  .meta({ description: `Count only what happened since then: ${pointInTimeWanted}` });

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
      repository,
      tag: z.string().max(128).optional(),
      digest: z.string().max(200).optional().meta({
        description: 'Only images used by this digest, and tags whose newest digest this is',
      }),
      by,
      since,
      order: z.enum(usageOrders).default('firstUse').meta({
        description:
          '`firstUse`: as they were used for the first time. `pulls`: most pulls first. `lastUse`: the last pull or push first',
      }),
    }),
    answers: { 200: z.object({ items: z.array(usageSchema), next: z.string().nullable() }) },
    handle: async (call) => {
      const { query } = call;
      const page = readPage(query, query.order === 'firstUse' ? 1 : 2);
      // An empty parameter selects everything, because forms send the fields that are not filled in.
      const question: UsageQuestion = {
        repository: query.repository || undefined,
        tag: query.tag || undefined,
        digest: query.digest || undefined,
        by: query.by || undefined,
        since: readSince(call),
        contains: page.q,
        isVisible: visibilityFor(call),
      };
      const now = call.api.clock();
      const parts = { store: call.api.store, now, keepRaw: call.api.config.events.keepRaw };
      if (query.order === 'firstUse') {
        const { views, next } = await readUsagePage(parts, question, afterIdOf(page), page.limit);
        return list(views, next === undefined ? null : formatCursor([String(next)]));
      }
      const ranking = query.order;
      const { views } = await readUsagePage(parts, question, 0, Infinity);
      const best = rankUsage(views, ranking, placeIn(page), page.limit + 1);
      return pageOf(best, page, (view) => placeOf(view, ranking).map(String));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/usage/days',
    tag: 'Repositories',
    summary: 'Count the pulls and pushes of each day, in repositories that you may pull',
    access: 'signed in',
    query: z.strictObject({
      limit: pageQuery.limit,
      cursor: pageQuery.cursor,
      repository,
      tag: z.string().max(128).optional(),
      by,
      since,
    }),
    answers: {
      200: z.object({
        items: z.array(daySchema).meta({ description: 'Days without pulls and pushes are left out' }),
        next: z.string().nullable(),
      }),
    },
    handle: async (call) => {
      const { api, query } = call;
      const page = readPage(query);
      const days = await readUsageDays(api.store, {
        repository: query.repository || undefined,
        tag: query.tag || undefined,
        by: query.by || undefined,
        since: readSince(call),
        isVisible: visibilityFor(call),
      });
      const keyOf = ({ day }: UsageDay): readonly string[] => [day];
      return pageOf(selectPage(days, page, keyOf), page, keyOf);
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/usage/unused',
    tag: 'Repositories',
    summary: 'List the tags that no one pulls, in repositories that you may pull',
    access: 'signed in',
    query: z.strictObject({
      ...pageQuery,
      repository,
      since: pointInTime.optional().meta({
        description: `Tags that were neither pulled nor pushed since then: ${pointInTimeWanted}. Without it: tags that were never pulled`,
      }),
    }),
    answers: {
      200: z.object({
        items: z.array(unusedSchema).meta({
          description: 'Tags that no event named are left out, and those that the registry no longer has',
        }),
        next: z.string().nullable(),
      }),
    },
    errors: ['registry_unreachable', 'registry_refused'],
    handle: async (call) => {
      const { api, query } = call;
      const page = readPage(query);
      const { images, next } = await readUnusedPage(
        { store: api.store, tagsOf: (name) => tagsIn(api.images(), name) },
        {
          repository: query.repository || undefined,
          contains: page.q,
          since: readSince(call),
          isVisible: visibilityFor(call),
        },
        afterIdOf(page),
        page.limit,
      );
      return list(images, next === undefined ? null : formatCursor([String(next)]));
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
    handle: async (call) => {
      const { store, config } = call.api;
      const { query } = call;
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
          since: readSince(call),
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

type UsageCall = Call<unknown, { readonly since?: string | undefined }, unknown>;

function readSince({ query, api }: UsageCall): number | undefined {
  return query.since === undefined ? undefined : parsePointInTime(query.since, 'start', api.clock());
}

/** Administrators see all repositories. All others see those that they may pull. */
function visibilityFor(call: UsageCall): ((repository: string) => boolean) | undefined {
  if (call.caller.rank === 'administrator') return undefined;
  const asker = askerOf(call);
  return (name) => mayPull(name, asker);
}

/** Returns the id of the last image of the page before, or 0. @throws InvalidInput if the cursor is garbled */
function afterIdOf({ after }: PageRequest): number {
  const id = Number(after?.[0] ?? 0);
  if (!Number.isSafeInteger(id) || id < 0) throw garbledCursor();
  return id;
}

/** Returns the place of the last image of the page before in a ranking. @throws InvalidInput if it is garbled */
function placeIn({ after }: PageRequest): Place | undefined {
  if (after === undefined) return undefined;
  const [number = '', name = ''] = after;
  if (!/^\d{1,16}$/.test(number)) throw garbledCursor();
  return [Number(number), name];
}

/** How old a list of tags may be, in milliseconds. */
const maxAgeMs = 30_000;

async function tagsIn(
  { tagLists }: Pick<ImageRegistry, 'tagLists'>,
  name: string,
): Promise<ReadonlySet<string> | undefined> {
  // An event can name a repository that no registry can have.
  if (!isRepositoryName(name)) return undefined;
  const names = await orMissing(tagLists.read(name, maxAgeMs));
  return names && new Set(names);
}
