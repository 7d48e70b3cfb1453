import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseDuration } from '../../config/values/duration.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { formatEvent } from '../../audit/format-event.ts';
import type { AuditFilter, AuditLog, Store } from '../../store/store.ts';
import { CliCommand } from '../cli-command.ts';
import { withStore } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { withProgress } from '../progress.ts';

/** The maximum number of audit log rows that one query reads. */
const pageSize = 1000;
/** Milliseconds that `audit --follow` waits before it queries the audit log for new rows again. */
const followIntervalMs = 500;

interface AuditOptions {
  readonly since?: string;
  readonly user?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly verify?: boolean;
}

export function auditCommand(): Command {
  return new CliCommand('audit')
    .description('Show the audit log: issued tokens, denied requests and administrative changes')
    .option('--since <duration>', 'Show only events that are at most this old, such as 90s, 1h or 30d')
    .option('--user <name>', 'Show only events of this user or robot')
    .jsonOption('Print JSON: an array, or one object per line with --follow')
    .option(
      '--follow',
      'Show the recorded events, then each new event as it is recorded, until you press Ctrl-C',
    )
    .option('--verify', 'Check that no row of the audit log was changed or removed')
    .examples('dockpass audit --since 1h', 'dockpass audit --user alice --json', 'dockpass audit --verify')
    .action(async (options: AuditOptions, command: Command) => {
      const filter = filterOf(options);
      await withStore(command, async (store) => {
        if (options.verify === true) return verify(store, options.json === true);
        if (options.follow === true) return follow(store.auditLog, filter, options.json === true);
        return list(store.auditLog, filter, options.json === true);
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

type Row = Awaited<ReturnType<AuditLog['list']>>[number];

/**
 * Reads the audit log in pages of at most `pageSize` rows, because a log of ten million rows does not fit into memory.
 */
async function* pages(auditLog: AuditLog, filter: AuditFilter): AsyncGenerator<Row[]> {
  let afterSeq = 0;
  for (;;) {
    const rows = await auditLog.list({ ...filter, afterSeq, limit: pageSize });
    if (rows.length > 0) yield rows;
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
    if (rows.length < pageSize) return;
  }
}

async function list(auditLog: AuditLog, filter: AuditFilter, json: boolean): Promise<void> {
  let separator = '[\n';
  for await (const rows of pages(auditLog, filter)) {
    for (const row of rows) {
      if (!json) {
        print(formatEvent(row));
        continue;
      }
      process.stdout.write(separator + JSON.stringify(publicView(row)));
      separator = ',\n';
    }
  }
  if (json) print(separator === '[\n' ? '[]' : '\n]');
}

async function follow(auditLog: AuditLog, filter: AuditFilter, json: boolean): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let afterSeq = 0;
  while (!stop.signal.aborted) {
    const rows = await auditLog.list({ ...filter, afterSeq, limit: pageSize });
    for (const row of rows) print(json ? JSON.stringify(publicView(row)) : formatEvent(row));
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
    if (rows.length < pageSize)
      await wait(followIntervalMs, undefined, { signal: stop.signal }).catch(() => {});
  }
}

async function verify({ auditLog }: Store, json: boolean): Promise<void> {
  const brokenSeq = await withProgress('Checking the audit log', () => auditLog.verify());
  if (brokenSeq !== undefined) {
    throw new DockpassError(
      'audit_broken',
      `the audit log was changed outside dockpass: row ${brokenSeq} is missing, or its hash does not match the row before it. Do not trust this row or any later row. Compare these rows with a backup.`,
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
function publicView({ subject, at, ...event }: Row) {
  return { name: subject, time: new Date(at).toISOString(), ...event };
}
