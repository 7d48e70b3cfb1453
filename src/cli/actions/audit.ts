import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { viewEvent } from '../../admin/audit/event-view.ts';
import {
  endPosition,
  oldestFirst,
  readLaterEvents,
  readNewestEvents,
} from '../../admin/audit/read-events.ts';
import type { AuditSelection } from '../../admin/audit/select-events.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { formatEvent } from '../../audit/format-event.ts';
import { DockpassError } from '../../errors.ts';
import { auditBegin, auditChains, type AuditLog, type AuditRow, type Store } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { readTime } from '../options/time-option.ts';
import { print, printJson, say, toPrintableJson } from '../output.ts';
import { withProgress } from '../progress.ts';

/** Milliseconds that `audit --follow` waits before it queries the audit log for new rows again. */
const followIntervalMs = 500;

export interface AuditOptions {
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
  readonly repo?: string;
  readonly outcome?: AuditEvent['outcome'];
  readonly limit?: number;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly verify?: boolean;
}

/** Shows, follows or verifies the audit log. */
export async function showAudit(options: AuditOptions, command: Command): Promise<void> {
  if (options.follow === true && options.until !== undefined)
    throw new DockpassError('bad_usage', 'give --follow or --until, not both');
  const selection = selectionOf(options);
  const json = options.json === true;
  const limit = options.limit ?? Infinity;
  await withStore(command, async (store) => {
    if (options.verify === true) return verify(store, json);
    const show = options.follow === true ? follow : list;
    sayOmissions(await show(store.auditLog, selection, { json, limit }));
  });
}

function selectionOf({ since, until, user, repo, outcome }: AuditOptions): AuditSelection {
  const now = Date.now();
  return {
    since: since === undefined ? undefined : readTime('--since', since, 'start', now),
    until: until === undefined ? undefined : readTime('--until', until, 'end', now),
    ...{ user, repository: repo, outcome },
  };
}

/** Says that rows about the repository may be missing, because some rows do not list all repositories. */
function sayOmissions(uncertainCount: number): void {
  if (uncertainCount === 0) return;
  const rows = uncertainCount === 1 ? '1 other row does' : `${uncertainCount} other rows do`;
  say(
    `the result may be incomplete: ${rows} not list all repositories. To see these rows, run "dockpass audit" without --repo.`,
  );
}

interface ListStyle {
  readonly json: boolean;
  /** The maximum number of rows; Infinity for all rows. */
  readonly limit: number;
}

/** Prints the selected rows, oldest first. @returns the number of rows that may be missing */
async function list(auditLog: AuditLog, selection: AuditSelection, style: ListStyle): Promise<number> {
  let separator = '[\n';
  let uncertainCount = 0;
  for await (const page of pagesOf(auditLog, selection, style.limit)) {
    uncertainCount += page.uncertainCount;
    for (const row of page.rows) {
      if (style.json) process.stdout.write(separator + toPrintableJson(viewEvent(row)));
      else print(formatEvent(row));
      separator = ',\n';
    }
  }
  const isEmpty = separator === '[\n';
  if (style.json) print(isEmpty ? '[]' : '\n]');
  else if (isEmpty) say('no event in the audit log matches');
  return uncertainCount;
}

interface Page {
  readonly rows: readonly AuditRow[];
  readonly uncertainCount: number;
}

/** Reads all selected rows, or the newest ones, oldest first. With a limit, the rows are held in memory. */
async function* pagesOf(auditLog: AuditLog, selection: AuditSelection, limit: number): AsyncGenerator<Page> {
  if (limit === Infinity) yield* oldestFirst(auditLog, selection);
  else yield await readLast(auditLog, selection, limit);
}

async function readLast(auditLog: AuditLog, selection: AuditSelection, limit: number): Promise<Page> {
  const { rows, uncertainCount } = await readNewestEvents(auditLog, selection, { limit });
  return { rows: rows.toReversed(), uncertainCount };
}

/** Prints the selected rows, and then new ones until the process gets a signal. */
async function follow(
  auditLog: AuditLog,
  selection: AuditSelection,
  { json, limit }: ListStyle,
): Promise<number> {
  const show = (row: AuditRow): void => print(json ? toPrintableJson(viewEvent(row)) : formatEvent(row));
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let uncertainCount = 0;
  let position = auditBegin;
  if (limit !== Infinity) {
    // Show the newest rows so far, and then the rows after the present end of both chains.
    position = await endPosition(auditLog);
    const last = await readLast(auditLog, selection, limit);
    uncertainCount = last.uncertainCount;
    for (const row of last.rows) if (row.seq <= position[row.chain]) show(row);
  }
  while (!stop.signal.aborted) {
    const later = await readLaterEvents(auditLog, selection, position);
    later.rows.forEach(show);
    uncertainCount += later.uncertainCount;
    position = later.position;
    if (!later.hasMore) await wait(followIntervalMs, undefined, { signal: stop.signal }).catch(() => {});
  }
  return uncertainCount;
}

async function verify({ auditLog }: Store, json: boolean): Promise<void> {
  for (const chain of auditChains) {
    const brokenSeq = await withProgress('Checking the audit log', () => auditLog.verify(chain));
    if (brokenSeq === undefined) continue;
    const where = chain === 'proven' ? '' : ' of the denied requests and anonymous tokens';
    throw new DockpassError(
      'audit_broken',
      `the audit log was changed outside dockpass: row ${brokenSeq}${where} is missing, or its hash does not match the row before it. Do not trust this row or any later row. Compare these rows with a backup.`,
    );
  }
  const head = await auditLog.head();
  if (json) {
    printJson(head ?? null);
    return;
  }
  say('the audit log is complete: the hash of each row matches the row before it');
  // A person who can write to the database file can change rows and then recompute all hashes. `audit --verify` finds
  // no error in such a log. To detect this forgery, an administrator can store the row number and hash that are printed
  // here in another place, and later compare them with the same row of the log.
  if (head !== undefined) print(`${head.seq} ${head.hash}`);
}
