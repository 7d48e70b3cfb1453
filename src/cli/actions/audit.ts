import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AuditEvent } from '../../audit/event.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { formatEvent } from '../../audit/format-event.ts';
import { isCut, listsRepository, otherRequests } from '../../audit/scope-list.ts';
import {
  auditBegin,
  auditChains,
  auditEnd,
  positionAfter,
  positionBefore,
  type AuditFilter,
  type AuditLog,
  type AuditPosition,
  type AuditRow,
  type Store,
} from '../../store/store.ts';
import { withStore } from '../context.ts';
import { readTime } from '../options/time-option.ts';
import { print, printJson, say, toPrintableJson } from '../output.ts';
import { withProgress } from '../progress.ts';

/** The maximum number of audit log rows that one query reads. */
const pageSize = 1000;
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
  const filter = filterOf(options);
  const json = options.json === true;
  const limit = options.limit ?? Infinity;
  const selection = createSelection(options.repo);
  await withStore(command, async (store) => {
    if (options.verify === true) return verify(store, json);
    if (options.follow === true) await follow(store.auditLog, filter, selection, { json, limit });
    else await list(store.auditLog, filter, selection, { json, limit });
    selection.reportOmissions();
  });
}

function filterOf({ since, until, user, outcome }: AuditOptions): AuditFilter {
  const now = Date.now();
  return {
    ...(since !== undefined && { since: readTime('--since', since, 'start', now) }),
    ...(until !== undefined && { until: readTime('--until', until, 'end', now) }),
    ...(user !== undefined && { subject: toCanonicalName(user) }),
    ...(outcome !== undefined && { outcome }),
  };
}

interface Selection {
  includes(row: AuditRow): boolean;
  /**
   * Writes a message to stderr if some rows do not list all repositories, so that rows about the repository may be
   * missing from the selection.
   */
  reportOmissions(): void;
}

/** Selects the rows about a repository, or all rows if `repository` is undefined. */
function createSelection(repository: string | undefined): Selection {
  if (repository === undefined) return { includes: () => true, reportOmissions: () => {} };
  let uncertainCount = 0;
  return {
    includes: (row) => {
      if (row.outcome === 'changed') return false;
      if (listsRepository(row.asked, repository) || listsRepository(row.granted, repository)) return true;
      if (isCut(row.asked) || isCut(row.granted) || row.client === otherRequests) uncertainCount++;
      return false;
    },
    reportOmissions: () => {
      if (uncertainCount === 0) return;
      const rows = uncertainCount === 1 ? '1 other row does' : `${uncertainCount} other rows do`;
      say(
        `the result may be incomplete: ${rows} not list all repositories. To see these rows, run "dockpass audit" without --repo.`,
      );
    },
  };
}

/**
 * Reads the audit log in pages of at most `pageSize` rows, because a log of ten million rows does not fit into memory.
 */
async function* pages(auditLog: AuditLog, filter: AuditFilter): AsyncGenerator<AuditRow[]> {
  let after = auditBegin;
  for (;;) {
    const rows = await auditLog.list({ ...filter, after, limit: pageSize });
    if (rows.length > 0) yield rows;
    after = positionAfter(rows, after);
    if (rows.length < pageSize) return;
  }
}

/** Reads the newest rows that are selected, at most `limit`. Returns them oldest first. */
async function readNewest(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  limit: number,
  end: AuditPosition = auditEnd,
): Promise<AuditRow[]> {
  const newestFirst: AuditRow[] = [];
  let before = end;
  for (;;) {
    const rows = await auditLog.list({ ...filter, before, limit: pageSize });
    for (const row of rows.toReversed())
      if (newestFirst.length < limit && selection.includes(row)) newestFirst.push(row);
    before = positionBefore(rows, before);
    if (rows.length < pageSize || newestFirst.length === limit) return newestFirst.reverse();
  }
}

interface ListStyle {
  readonly json: boolean;
  /** The maximum number of rows; Infinity for all rows. */
  readonly limit: number;
}

async function list(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  { json, limit }: ListStyle,
): Promise<void> {
  let separator = '[\n';
  let count = 0;
  // With a limit, the rows that are printed are held in memory, and `readNewest` has selected them.
  const isLimited = limit !== Infinity;
  const printed = isLimited
    ? [await readNewest(auditLog, filter, selection, limit)]
    : pages(auditLog, filter);
  for await (const rows of printed) {
    for (const row of rows) {
      if (!isLimited && !selection.includes(row)) continue;
      count++;
      if (!json) {
        print(formatEvent(row));
        continue;
      }
      process.stdout.write(separator + toPrintableJson(publicView(row)));
      separator = ',\n';
    }
  }
  if (json) print(separator === '[\n' ? '[]' : '\n]');
  else if (count === 0) say('no event in the audit log matches');
}

async function follow(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  { json, limit }: ListStyle,
): Promise<void> {
  const show = (row: AuditRow): void => print(json ? toPrintableJson(publicView(row)) : formatEvent(row));
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let after = auditBegin;
  if (limit !== Infinity) {
    // Show the newest rows so far, and then the rows after the present end of both chains.
    for (const chain of auditChains) after = { ...after, [chain]: (await auditLog.head(chain))?.seq ?? 0 };
    const end = { proven: after.proven + 1, unproven: after.unproven + 1 };
    for (const row of await readNewest(auditLog, filter, selection, limit, end)) show(row);
  }
  while (!stop.signal.aborted) {
    const rows = await auditLog.list({ ...filter, after, limit: pageSize });
    for (const row of rows) if (selection.includes(row)) show(row);
    after = positionAfter(rows, after);
    if (rows.length < pageSize)
      await wait(followIntervalMs, undefined, { signal: stop.signal }).catch(() => {});
  }
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

/** Returns an audit event in the form that `--json` prints. `name` is the user or robot that the event is about. */
function publicView({ subject, at, ...event }: AuditRow) {
  return { name: subject, time: new Date(at).toISOString(), ...event };
}
