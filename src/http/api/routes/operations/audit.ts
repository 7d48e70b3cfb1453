import { z } from 'zod';
import { viewEvent } from '../../../../admin/audit/event-view.ts';
import { exportEvents, exportFormats } from '../../../../admin/audit/export-events.ts';
import { parsePointInTime, pointInTimeWanted } from '../../../../admin/audit/point-in-time.ts';
import { endPosition, readSomeLaterEvents, readNewestEvents } from '../../../../admin/audit/read-events.ts';
import type { AuditSelection } from '../../../../admin/audit/select-events.ts';
import { auditChains, type AuditPlace, type AuditPosition, type AuditRow } from '../../../../store/store.ts';
import { InvalidInput } from '../../input/invalid-input.ts';
import { pointInTime } from '../../input/texts.ts';
import { formatCursor, pageQuery, readPage } from '../../paging.ts';
import { defineRoute, ok, streamed, type Route } from '../../route.ts';

/** How long a search may take in milliseconds. A page that is not full has a cursor to go on. */
const searchBudgetMs = 20;

const outcomes = ['issued', 'refused', 'changed'] as const;

const eventSchema = z
  .object({
    name: z.string().meta({ description: 'The user or robot that the event is about. Empty: no login' }),
    time: z.iso.datetime(),
    id: z.string().meta({ description: 'The id in error messages. `GET /explain/{id}` explains it' }),
    outcome: z.enum(outcomes),
    address: z.string(),
    client: z.string().meta({ description: 'The User-Agent, or who made an administrative change' }),
    host: z.string(),
    realm: z.enum(['public', 'private', '']),
    asked: z.string().meta({ description: 'The requested scopes' }),
    granted: z.string(),
    reason: z.string().meta({ description: 'Reasons, an error code, or the description of a change' }),
    tokenId: z.string(),
    times: z.number().meta({ description: 'How many equal events the row counts' }),
    seq: z.number().meta({ description: 'The number of the row in its chain' }),
    chain: z.enum(auditChains),
  })
  .meta({ id: 'AuditEvent' });

const selectionQuery = {
  since: pointInTime.optional().meta({ description: `The earliest time: ${pointInTimeWanted}` }),
  until: pointInTime
    .optional()
    .meta({ description: 'The latest time. A date without a time includes the whole day' }),
  user: z.string().max(300).optional().meta({ description: 'Only events of this user or robot' }),
  repository: z.string().max(255).optional().meta({ description: 'Only requests for this repository' }),
  outcome: z.enum(outcomes).optional(),
  q: pageQuery.q,
};

type SelectionQuery = z.output<z.ZodObject<typeof selectionQuery>>;

function selectionOf(query: SelectionQuery, now: number): AuditSelection {
  const { since, until, user, repository, outcome, q } = query;
  return {
    since: since === undefined ? undefined : parsePointInTime(since, 'start', now),
    until: until === undefined ? undefined : parsePointInTime(until, 'end', now),
    // An empty parameter selects everything, because forms send the fields that are not filled in.
    user: user || undefined,
    repository: repository || undefined,
    outcome,
    nameContains: q || undefined,
  };
}

const positionMeta = {
  description: 'Send it as `after` to get the events that were recorded later. For a live view',
};

export const audit: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/audit',
    tag: 'Audit log',
    summary: 'Search the audit log, newest first; or with `after`, read later events, oldest first',
    access: 'administrator',
    query: z.strictObject({
      ...pageQuery,
      ...selectionQuery,
      after: z.string().max(200).optional().meta({ description: '`position` of an earlier answer' }),
    }),
    answers: {
      200: z.object({
        items: z.array(eventSchema),
        next: z.string().nullable().meta({
          description: 'A long search ends early: a page can have few or no items although there are more',
        }),
        position: z.string().nullable().meta(positionMeta),
        more: z.boolean().meta({
          description: 'Whether there are more rows: send `next` as `cursor`, or `position` as `after` again',
        }),
        uncertain: z.number().meta({
          description:
            'How many rows may be about the repository, but do not list all of their repositories, and are left out',
        }),
      }),
    },
    handle: async ({ query, api: { store, clock } }) => {
      const selection = selectionOf(query, clock());
      if (query.after !== undefined) {
        const from = readPage({ limit: query.limit, cursor: query.after }, auditChains.length);
        const later = await readSomeLaterEvents(
          store.auditLog,
          selection,
          positionIn(from.after),
          query.limit,
        );
        return answerOf({ ...later, next: null });
      }
      const { limit, after } = readPage(query, placeLength);
      const before = after && placeIn(after);
      // Read the position before the events, so that the position and the first page together miss no event.
      const position = before === undefined ? await endPosition(store.auditLog) : undefined;
      const budgetMs = searchBudgetMs;
      const page = await readNewestEvents(store.auditLog, selection, { before, limit, budgetMs });
      const rows = page.rows.filter(({ chain, seq }) => position === undefined || seq <= position[chain]);
      const next = page.next && formatCursor([String(page.next.at), page.next.chain, String(page.next.seq)]);
      return answerOf({ ...page, rows, next: next ?? null, position, hasMore: next !== undefined });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/audit/export',
    tag: 'Audit log',
    summary: 'Download the audit log, newest first',
    access: 'administrator',
    query: z.strictObject({ format: z.enum(exportFormats), ...selectionQuery }),
    answers: { 200: z.string() },
    answerTypes: ['text/csv', 'application/jsonl'],
    handle: async ({ query: { format, ...query }, api: { store, clock } }) => {
      const day = new Date(clock()).toISOString().slice(0, 10);
      return streamed(
        format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8',
        exportEvents(store.auditLog, selectionOf(query, clock()), format),
        { 'Content-Disposition': `attachment; filename="dockpass-audit-${day}.${format}"` },
      );
    },
  }),
];

function answerOf({
  rows,
  next,
  position,
  hasMore,
  uncertainCount,
}: {
  readonly rows: readonly AuditRow[];
  readonly next: string | null;
  readonly position: AuditPosition | undefined;
  readonly hasMore: boolean;
  readonly uncertainCount: number;
}) {
  const after = position && formatCursor(auditChains.map((chain) => String(position[chain])));
  return ok({
    items: rows.map(viewEvent),
    next,
    position: after ?? null,
    more: hasMore,
    uncertain: uncertainCount,
  });
}

/** The number of texts in a cursor of the search: the members of `AuditPlace`. */
const placeLength = 3;

/** @throws InvalidInput if the cursor is not one of the search */
function placeIn([at = '', chain = '', seq = '']: readonly string[]): AuditPlace {
  const known = auditChains.find((name) => name === chain);
  if (known === undefined) throw garbledCursor('/cursor');
  return { at: numberIn(at, '/cursor'), chain: known, seq: numberIn(seq, '/cursor') };
}

/** @throws InvalidInput if the cursor is not a position */
function positionIn(texts: readonly string[] = []): AuditPosition {
  const [proven = '', unproven = ''] = texts;
  return { proven: numberIn(proven, '/after'), unproven: numberIn(unproven, '/after') };
}

function numberIn(text: string, pointer: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw garbledCursor(pointer);
}

function garbledCursor(pointer: string): InvalidInput {
  const detail = 'the cursor is garbled. Send the text of an earlier answer without a change';
  return new InvalidInput([{ in: 'query', pointer, detail }]);
}
