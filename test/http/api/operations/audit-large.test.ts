import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatEventText } from '../../../../src/audit/event-text.ts';
import { apiMethods, type ApiMethods } from '../../../support/api/methods.ts';
import { startIssuer, startOfTime, type TestIssuer } from '../../../support/dockpass/issuer.ts';

// The audit log of a busy installation: a million rows by `npm run test:soak`, and a fifth of them otherwise.

const isSoak = process.env['DOCKPASS_SOAK'] !== undefined;
const rowCount = isSoak ? 1_000_000 : 200_000;
const unprovenCount = rowCount / 5;
const password = 'correct horse battery';
/** The time of the first row. The rows are of the 28 hours after it, and some of them have the same time. */
const begin = startOfTime - 40 * 86_400_000;

let issuer: TestIssuer;
let api: ApiMethods;

interface Page {
  readonly items: readonly {
    readonly chain: string;
    readonly seq: number;
    readonly time: string;
    readonly name: string;
  }[];
  readonly next: string | null;
}

/** Fills a chain of the log with rows whose hashes are not right, which the search does not read. */
function fill(database: Database.Database, table: string, count: number, outcome: string): void {
  database.exec(`
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})
    insert into ${table} (seq, id, at, outcome, subject, address, client, host, realm, asked, granted, reason,
      token_id, times, hash)
    select n, printf('%012d', n), ${begin} + (n / 3) * ${300_000_000 / count},
      case when n % 5000 = 0 then '${outcome === 'issued' ? 'changed' : outcome}' else '${outcome}' end,
      case when n = 1000 then 'rare' else 'user' || (n % 997) end, '192.0.2.1',
      'docker/28.0.1 go/go1.23.6 git-commit/bbd0a17 kernel/6.1.0-31-amd64 os/linux arch/amd64',
      'registry.example.com', 'private', 'repository:team' || (n % 50) || '/app' || (n % 1009) || ':pull',
      'repository:team' || (n % 50) || '/app' || (n % 1009) || ':pull', 'granted', printf('token-%020d', n), 1,
      hex(randomblob(32))
    from numbers`);
}

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  api = apiMethods(issuer, 'root-1', password);
  const database = new Database(issuer.config.database);
  fill(database, 'audit_events', rowCount - unprovenCount, 'issued');
  fill(database, 'audit_unproven', unprovenCount, 'refused');
  for (const [end, table] of [
    ['audit_end', 'audit_events'],
    ['audit_unproven_end', 'audit_unproven'],
  ])
    database.exec(
      `delete from ${end}; insert into ${end} select seq, hash, 0 from ${table} order by seq desc limit 1`,
    );
  database.close();
}, 300_000);

/** Measures how long the server needs for each page, in milliseconds. */
const times: number[] = [];

async function readPage(query: string): Promise<Page> {
  const started = performance.now();
  const answer = await api.get(`/audit?${query}`);
  times.push(performance.now() - started);
  expect(answer.status).toBe(200);
  return answer.body as Page;
}

function report(what: string): void {
  const sorted = times.splice(0).sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  const text = `${what}: ${sorted.length} pages, median ${at(0.5)} ms, 99 of 100 below ${at(0.99)} ms`;
  console.log(text);
  // Only `npm run test:soak` has the machine for itself. Otherwise times say nothing about the server.
  if (isSoak) expect(Number(at(0.5)), text).toBeLessThan(50);
}

const append = (id: string): Promise<void> =>
  issuer.server.store.auditLog.append([
    formatEventText({
      ...{ id, at: issuer.clock(), outcome: 'issued', subject: 'alice', address: '192.0.2.1', client: 'new' },
      ...{ host: '', realm: '', asked: '', granted: '', reason: '', tokenId: '', times: 1 },
    }),
  ]);

describe(`an audit log with ${rowCount} rows`, () => {
  test(
    'shows each row once, newest first, while rows are added and pruned',
    { timeout: 300_000 },
    async () => {
      const seen = { proven: new Uint8Array(rowCount + 1000), unproven: new Uint8Array(rowCount + 1000) };
      let count = 0;
      let pageCount = 0;
      let last = Infinity;
      let cursor = '';
      for (;;) {
        const page = await readPage(`limit=1000${cursor}`);
        for (const { chain, seq, time } of page.items) {
          const rows = seen[chain as 'proven' | 'unproven'];
          if (rows[seq] !== 0 || Date.parse(time) > last)
            expect({ chain, seq, time }).toBe('once, and in order');
          rows[seq] = 1;
          last = Date.parse(time);
          count++;
        }
        if (page.next === null) break;
        cursor = `&cursor=${page.next}`;
        if (++pageCount % 100 === 0) {
          await append(`new-${pageCount}`);
          await issuer.server.store.auditLog.prune({ before: begin + 1, maxEvents: rowCount * 10 });
        }
      }
      // The first rows were pruned, before the search came to them: rows 1 and 2 have the time `begin`.
      expect(count).toBe(rowCount - 2);
      expect([seen.proven[1], seen.proven[2], seen.proven[3], seen.unproven[1]]).toEqual([0, 0, 1, 1]);
      report('all rows');
    },
  );

  test('answers each filter quickly, whether few or many rows match', { timeout: 300_000 }, async () => {
    const filters = {
      'no filter': 'q=',
      'a time range': `since=${new Date(begin + 86_400_000).toISOString()}&until=${new Date(begin + 2 * 86_400_000).toISOString()}`,
      changes: 'outcome=changed',
      'denied requests': 'outcome=refused',
      'a frequent user': 'user=user17',
      'a user with one event': 'user=rare',
      'a repository': 'repository=team1/app1',
      'a part of a name': 'q=rare',
    };
    for (const [what, query] of Object.entries(filters)) {
      let cursor = '';
      let found = 0;
      for (let pageCount = 0; pageCount < 200; pageCount++) {
        const page = await readPage(`limit=100&${query}${cursor}`);
        found += page.items.length;
        if (page.next === null || found >= 1000) break;
        cursor = `&cursor=${page.next}`;
      }
      expect(found, what).toBeGreaterThan(0);
      report(what);
    }
  });
});
