import { sql, type Kysely } from 'kysely';
import { otherRequests } from '../../../audit/scope-list.ts';
import {
  auditChains,
  type AuditChain,
  type AuditPage,
  type AuditPlace,
  type AuditQuery,
  type AuditRow,
} from '../../ports/audit-log.ts';
import type { Tables } from '../tables.ts';
import { chainTables, eventOf } from './audit-chain.ts';

/**
 * The approximate number of rows of each chain that one call examines. Examining them takes a few milliseconds. The
 * number is limited because a statement on SQLite blocks the event loop until it ends, and because rows are not
 * indexed by subject and repository: such an index would make each write slower.
 */
const windowRows = 5000;

/** Reads the rows that match the query, newest first. See `AuditLog.newest`. */
export async function readNewestRows(database: Kysely<Tables>, query: AuditQuery): Promise<AuditPage> {
  const chains = auditChains.filter((chain) => mayContain(chain, query));
  const limits = await Promise.all(chains.map((chain) => windowStart(database, chain, query)));
  const starts = limits.filter((at) => at !== undefined);
  const start = starts.length === 0 ? undefined : Math.max(...starts);
  const window = { ...query, ...(start !== undefined && { since: start }), limit: query.limit + 1 };
  const found = await Promise.all(chains.map((chain) => rowsOf(database, chain, window)));
  const rows = found.flat().sort(compareNewestFirst);
  if (rows.length > query.limit) {
    const page = rows.slice(0, query.limit);
    return { rows: page, next: placeOf(page.at(-1) as AuditRow) };
  }
  return { rows, next: start === undefined ? undefined : { at: start, chain: lastChain, seq: 0 } };
}

/** The chain that comes last among rows with the same time. */
const lastChain = auditChains[auditChains.length - 1] as AuditChain;

function placeOf({ at, chain, seq }: AuditRow): AuditPlace {
  return { at, chain, seq };
}

function compareNewestFirst(one: AuditPlace, other: AuditPlace): number {
  return (
    other.at - one.at ||
    auditChains.indexOf(one.chain) - auditChains.indexOf(other.chain) ||
    other.seq - one.seq
  );
}

/** Administrative changes are only in the chain `proven`, see `auditChains`. */
function mayContain(chain: AuditChain, { outcome }: AuditQuery): boolean {
  return chain === 'proven' || outcome !== 'changed';
}

/**
 * Returns the time of the oldest row that this call examines, or undefined if it examines all rows that are left. All
 * rows with this time are examined.
 */
async function windowStart(
  database: Kysely<Tables>,
  chain: AuditChain,
  query: AuditQuery,
): Promise<number | undefined> {
  const oldest = await select(database, chain, query)
    .select('at')
    .orderBy('at', 'desc')
    .limit(1)
    .offset(windowRows)
    .executeTakeFirst();
  return oldest && Number(oldest.at);
}

async function rowsOf(
  database: Kysely<Tables>,
  chain: AuditChain,
  { subject, outcome, repository, nameContains, limit, ...query }: AuditQuery,
): Promise<AuditRow[]> {
  let rows = select(database, chain, { ...query, outcome }).selectAll();
  if (outcome !== undefined) rows = rows.where('outcome', '=', outcome);
  if (subject !== undefined) rows = rows.where('subject', '=', subject);
  if (nameContains !== undefined) rows = rows.where(like('subject', `%${escapeLike(nameContains)}%`));
  if (repository !== undefined) {
    const names = `%:${escapeLike(repository)}:%`;
    rows = rows.where((is) =>
      is.or([
        like('asked', names),
        like('granted', names),
        like('asked', '%more'),
        like('granted', '%more'),
        is('client', '=', otherRequests),
      ]),
    );
  }
  const found = await rows.orderBy('at', 'desc').orderBy('seq', 'desc').limit(limit).execute();
  return found.map((row) => ({ ...eventOf(row), seq: Number(row.seq), chain }));
}

/** Selects the rows of a chain by place and time. If the outcome has an index, selects by the outcome too. */
function select(
  database: Kysely<Tables>,
  chain: AuditChain,
  { since, until, outcome, before }: Omit<AuditQuery, 'limit'>,
) {
  // Both chains have tables with the same columns. The code uses the types of the chain `proven` for both.
  const { events } = chainTables[chain] as unknown as typeof chainTables.proven;
  let rows = database.selectFrom(events);
  if (chain === 'proven' && outcome !== undefined && outcome !== 'issued')
    // The outcome is part of the SQL text, because a database uses a partial index only if it knows the value.
    rows = rows.where(sql.ref('outcome'), '=', sql.lit(outcome));
  if (since !== undefined) rows = rows.where('at', '>=', since);
  if (until !== undefined) rows = rows.where('at', '<=', until);
  if (before === undefined) return rows;
  const { at, seq } = before;
  const order = auditChains.indexOf(chain) - auditChains.indexOf(before.chain);
  if (order < 0) return rows.where('at', '<', at);
  rows = rows.where('at', '<=', at);
  return order > 0 ? rows : rows.where((is) => is.or([is('at', '<', at), is('seq', '<', seq)]));
}

/** Returns a condition that the text in a column matches a pattern with `%`. */
function like(column: 'asked' | 'granted' | 'subject', pattern: string) {
  return sql<boolean>`${sql.ref(column)} like ${pattern} escape '!'`;
}

function escapeLike(text: string): string {
  return text.replaceAll(/[!%_]/g, '!$&');
}
