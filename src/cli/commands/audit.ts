import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseDuration } from '../../config/values/duration.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { formatEvent } from '../../audit/format-event.ts';
import { isCut, listsRepository, otherRequests } from '../../audit/scope-list.ts';
import {
  auditBegin,
  auditChains,
  positionAfter,
  type AuditFilter,
  type AuditLog,
  type AuditRow,
  type Store,
} from '../../store/store.ts';
import { CliCommand } from '../cli-command.ts';
import { withStore } from '../context.ts';
import { print, printJson, say, toPrintableJson } from '../output.ts';
import { withProgress } from '../progress.ts';

/** The maximum number of audit log rows that one query reads. */
const pageSize = 1000;
/** Milliseconds that `audit --follow` waits before it queries the audit log for new rows again. */
const followIntervalMs = 500;

interface AuditOptions {
  readonly since?: string;
  readonly user?: string;
  readonly repo?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly verify?: boolean;
}

export function auditCommand(): Command {
  return new CliCommand('audit')
    .description('Show the audit log: issued tokens, denied requests and administrative changes')
    .option('--since <duration>', 'Show only events that are at most this old, such as 90s, 1h or 30d')
    .option('--user <name>', 'Show only events of this user or robot')
    .option('--repo <repository>', 'Show only requests for this repository')
    .jsonOption('Print JSON: an array, or one object per line with --follow')
    .option(
      '--follow',
      'Show the recorded events, then each new event as it is recorded, until you press Ctrl-C',
    )
    .option('--verify', 'Check that no row of the audit log was changed or removed')
    .examples('dockpass audit --since 1h', 'dockpass audit --user alice --json', 'dockpass audit --verify')
    .action(async (options: AuditOptions, command: Command) => {
      const filter = filterOf(options);
      const json = options.json === true;
      const selection = createSelection(options.repo);
      await withStore(command, async (store) => {
        if (options.verify === true) return verify(store, json);
        if (options.follow === true) await follow(store.auditLog, filter, selection, json);
        else await list(store.auditLog, filter, selection, json);
        selection.reportOmissions();
      });
    });
}

function filterOf({ since, user }: AuditOptions): AuditFilter {
  const seconds = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && seconds === undefined) {
    throw new DockpassError(
      'bad_usage',
      `--since must be a duration such as 90s, 15m, 1h or 30d, not ${JSON.stringify(since)}`,
    );
  }
  return {
    ...(seconds !== undefined && { since: Date.now() - seconds * 1000 }),
    ...(user !== undefined && { subject: toCanonicalName(user) }),
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

async function list(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  json: boolean,
): Promise<void> {
  let separator = '[\n';
  for await (const rows of pages(auditLog, filter)) {
    for (const row of rows) {
      if (!selection.includes(row)) continue;
      if (!json) {
        print(formatEvent(row));
        continue;
      }
      process.stdout.write(separator + toPrintableJson(publicView(row)));
      separator = ',\n';
    }
  }
  if (json) print(separator === '[\n' ? '[]' : '\n]');
}

async function follow(
  auditLog: AuditLog,
  filter: AuditFilter,
  selection: Selection,
  json: boolean,
): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let after = auditBegin;
  while (!stop.signal.aborted) {
    const rows = await auditLog.list({ ...filter, after, limit: pageSize });
    for (const row of rows)
      if (selection.includes(row)) print(json ? toPrintableJson(publicView(row)) : formatEvent(row));
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
