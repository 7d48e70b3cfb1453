import { z } from 'zod';
import { parsePointInTime, pointInTimeWanted } from '../../../../admin/audit/point-in-time.ts';
import { mayPull } from '../../../../policy/pullable-repositories.ts';
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
];
