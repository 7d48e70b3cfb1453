import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { parseDuration } from '../../config/values/duration.ts';
import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { formatEvent } from '../../audit/format-event.ts';
import type { AuditFilter, AuditLog, Store } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { print, say } from '../output.ts';

/** Rows read at once. */
const pageSize = 1000;
/** Milliseconds between two looks for new ones. */
const followInterval = 500;

interface AuditOptions {
  readonly since?: string;
  readonly user?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly verify?: boolean;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('who got which token, who was refused, and who changed what')
    .option('--since <duration>', 'only what is younger, such as 90s, 1h or 30d')
    .option('--user <name>', 'only what is about this user or robot')
    .option('--json', 'for programs: an array; with --follow, an object a line')
    .option('--follow', 'go on with what comes, until interrupted')
    .option('--verify', 'check that no row was changed, taken out or cut off')
    .action(async (options: AuditOptions, command: Command) => {
      const filter = filterOf(options);
      await withStore(command, async (store) => {
        if (options.verify === true) return verify(store);
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
      `${JSON.stringify(since)} is no duration: write 90s, 15m, 1h or 30d`,
    );
  }
  return {
    ...(seconds !== undefined && { since: Date.now() - seconds * 1000 }),
    ...(user !== undefined && { subject: toCanonicalName(user) }),
  };
}

type Row = Awaited<ReturnType<AuditLog['list']>>[number];

/** A log of ten million rows does not fit the memory: page by page. */
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
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  let afterSeq = 0;
  while (!ending.signal.aborted) {
    const rows = await auditLog.list({ ...filter, afterSeq, limit: pageSize });
    for (const row of rows) print(json ? JSON.stringify(publicView(row)) : formatEvent(row));
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
    if (rows.length < pageSize)
      await wait(followInterval, undefined, { signal: ending.signal }).catch(() => {});
  }
}

async function verify({ auditLog }: Store): Promise<void> {
  const broken = await auditLog.verify();
  if (broken !== undefined) {
    throw new DockpassError(
      'audit_broken',
      `the audit log was changed outside dockpass: row ${broken} is missing, or does not follow from the one before it. What comes after it proves nothing; compare with a backup`,
    );
  }
  const head = await auditLog.head();
  say('every row follows from the one before it');
  // Whoever can write the whole file can write a whole chain: what was noted elsewhere shows that.
  if (head !== undefined) print(`${head.seq} ${head.hash}`);
}

/** `name` is the subject's, as in every list. */
function publicView({ subject, at, ...event }: Row) {
  return { name: subject, time: new Date(at).toISOString(), ...event };
}
