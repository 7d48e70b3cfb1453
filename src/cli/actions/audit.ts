import type { Command } from 'commander';
import type { AuditEvent } from '../../audit/event.ts';
import { formatEvent } from '../../audit/format-event.ts';
import { DockpassError } from '../../errors.ts';
import type { AuditRow } from '../../store/store.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { AuditOperations, AuditQuery, AuditRows } from '../administration/observation.ts';
import { readTime } from '../options/time-option.ts';
import { print, printJson, say, toPrintableJson } from '../output.ts';
import { publicView } from '../views/audit-view.ts';

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
    const rows = options.follow === true ? await follow(audit, query, json) : await list(audit, query, json);
    sayUncertain(rows.uncertainCount());
  });
}

function queryOf({ since, until, user, repo, outcome, limit = Infinity }: AuditOptions): AuditQuery {
  const now = Date.now();
  return {
    ...(since !== undefined && { since: readTime('--since', since, 'start', now) }),
    ...(until !== undefined && { until: readTime('--until', until, 'end', now) }),
    ...(user !== undefined && { user }),
    ...(repo !== undefined && { repository: repo }),
    ...(outcome !== undefined && { outcome }),
    limit,
  };
}

async function list(audit: AuditOperations, query: AuditQuery, json: boolean): Promise<AuditRows> {
  let separator = '[\n';
  let count = 0;
  const found = await audit.read(query);
  for await (const rows of found.pages) {
    for (const row of rows) {
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
  return found;
}

async function follow(audit: AuditOperations, query: AuditQuery, json: boolean): Promise<AuditRows> {
  const show = (row: AuditRow): void => print(json ? toPrintableJson(publicView(row)) : formatEvent(row));
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const found = await audit.follow(query, stop.signal);
  for await (const rows of found.pages) for (const row of rows) show(row);
  return found;
}

/**
 * Writes a message to stderr if some rows do not list all repositories, so that rows about the repository may be
 * missing from the result.
 */
function sayUncertain(count: number): void {
  if (count === 0) return;
  const rows = count === 1 ? '1 other row does' : `${count} other rows do`;
  say(
    `the result may be incomplete: ${rows} not list all repositories. To see these rows, run "dockpass audit" without --repo.`,
  );
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
