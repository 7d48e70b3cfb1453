import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError } from '../../../errors.ts';
import type { AuditRow } from '../../../store/store.ts';
import type { AuditOperations, AuditPage, AuditQuery } from '../../administration/observation.ts';
import type { ApiClient, Query } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The maximum number of rows in one answer. */
const pageSize = 1000;
/** Milliseconds that `follow` waits before it asks the server for new rows again. */
const followIntervalMs = 1000;

/** Reads the audit log through the administration API. */
export function remoteAudit(api: ApiClient): AuditOperations {
  return {
    read: (query) => (query.limit === Infinity ? readForward(api, query) : readNewest(api, query)),
    follow: (query, signal) => follow(api, query, signal),
    verify: async () => {
      throw new DockpassError(
        'bad_usage',
        'the hashes of the audit log are in the database, so --verify works only on the machine of the server. Run "dockpass audit --verify" there.',
      );
    },
  };
}

function selectionOf({ since, until, user, repository, outcome }: AuditQuery): Query {
  return {
    since: since === undefined ? undefined : new Date(since).toISOString(),
    until: until === undefined ? undefined : new Date(until).toISOString(),
    ...{ user, repository, outcome },
  };
}

/** The position before the first row of the log. */
const beginning = Buffer.from(JSON.stringify(['0', '0'])).toString('base64url');

/** Reads all selected rows, oldest first. */
async function* readForward(api: ApiClient, query: AuditQuery): AsyncGenerator<AuditPage> {
  let after = beginning;
  for (;;) {
    const page = await readLater(api, query, after);
    yield page;
    if (page.position === after) return;
    after = page.position;
  }
}

interface LaterPage extends AuditPage {
  readonly position: string;
}

async function readLater(
  api: ApiClient,
  query: AuditQuery,
  after: string,
  signal?: AbortSignal,
): Promise<LaterPage> {
  const body = await api.get('/audit', {
    query: { ...selectionOf(query), after, limit: String(pageSize) },
    signal,
  });
  return {
    rows: body.objects('items').map(rowOf),
    uncertainCount: body.number('uncertain'),
    position: body.text('position'),
  };
}

interface NewestPage extends AuditPage {
  /** The position after the newest row of the log. Only the first page has it. */
  readonly position: string | null;
}

/** Reads the newest selected rows, at most `limit`. Returns them oldest first. */
async function readLast(api: ApiClient, query: AuditQuery): Promise<NewestPage> {
  const rows: AuditRow[] = [];
  let uncertainCount = 0;
  let position: string | null | undefined;
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(query.limit - rows.length, pageSize));
    const body: Fields = await api.get('/audit', { query: { ...selectionOf(query), limit, cursor } });
    rows.push(...body.objects('items').map(rowOf));
    uncertainCount += body.number('uncertain');
    position ??= body.textOrNull('position');
    cursor = body.textOrNull('next') ?? undefined;
  } while (cursor !== undefined && rows.length < query.limit);
  return { rows: rows.reverse(), uncertainCount, position: position ?? null };
}

async function* readNewest(api: ApiClient, query: AuditQuery): AsyncGenerator<AuditPage> {
  yield await readLast(api, query);
}

async function* follow(api: ApiClient, query: AuditQuery, signal: AbortSignal): AsyncGenerator<AuditPage> {
  let after = beginning;
  if (query.limit !== Infinity) {
    const last = await readLast(api, query);
    yield last;
    after = last.position ?? after;
  }
  while (!signal.aborted) {
    let page: LaterPage;
    try {
      page = await readLater(api, query, after, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    yield page;
    const hasMore = page.position !== after && page.rows.length > 0;
    after = page.position;
    if (!hasMore) await wait(followIntervalMs, undefined, { signal }).catch(() => {});
  }
}

/** Converts an event of the API, which has the form of `audit --json`, to a row as the database has it. */
function rowOf(item: Fields): AuditRow {
  const members = Object.entries(item.value).filter(([key]) => key !== 'name' && key !== 'time');
  const [subject, at] = [item.text('name'), Date.parse(item.text('time'))];
  return { ...Object.fromEntries(members), subject, at } as unknown as AuditRow;
}
