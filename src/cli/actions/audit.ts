import type { Command } from 'commander';
import type { AuditEvent } from '../../audit/event.ts';
import { formatEvent } from '../../audit/format-event.ts';
import { DockpassError } from '../../errors.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { AuditOperations, AuditQuery } from '../administration/observation.ts';
import { readTime } from '../options/time-option.ts';
import { print, printJson, say, toPrintableJson } from '../output.ts';
import { viewEvent } from '../../admin/audit/event-view.ts';

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
  const query = queryOf(options);
  const json = options.json === true;
  await withAdministration(command, async ({ audit }) => {
    if (options.verify === true) return verify(audit, json);
    const show = options.follow === true ? follow : list;
    sayOmissions(await show(audit, query, json));
  });
}

function queryOf({ since, until, user, repo, outcome, limit = Infinity }: AuditOptions): AuditQuery {
  const now = Date.now();
  return {
    since: since === undefined ? undefined : readTime('--since', since, 'start', now),
    until: until === undefined ? undefined : readTime('--until', until, 'end', now),
    ...{ user, repository: repo, outcome, limit },
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

/** Prints the selected rows, oldest first. @returns the number of rows that may be missing */
async function list(audit: AuditOperations, query: AuditQuery, json: boolean): Promise<number> {
  let separator = '[\n';
  let uncertainCount = 0;
  for await (const page of audit.read(query)) {
    uncertainCount += page.uncertainCount;
    for (const row of page.rows) {
      if (json) process.stdout.write(separator + toPrintableJson(viewEvent(row)));
      else print(formatEvent(row));
      separator = ',\n';
    }
  }
  const isEmpty = separator === '[\n';
  if (json) print(isEmpty ? '[]' : '\n]');
  else if (isEmpty) say('no event in the audit log matches');
  return uncertainCount;
}

/** Prints the selected rows, and then new ones until the process gets a signal. */
async function follow(audit: AuditOperations, query: AuditQuery, json: boolean): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let uncertainCount = 0;
  for await (const page of audit.follow(query, stop.signal)) {
    uncertainCount += page.uncertainCount;
    for (const row of page.rows) print(json ? toPrintableJson(viewEvent(row)) : formatEvent(row));
  }
  return uncertainCount;
}

async function verify(audit: AuditOperations, json: boolean): Promise<void> {
  const head = await audit.verify();
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
