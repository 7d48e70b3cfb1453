import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import type { PageFilter, Store } from '../../../src/store/store.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const rows = 100_000;
/** The time that a page may take, in milliseconds. */
const limitMs = 50;

/** Statements that fill the tables in both databases. `numbers` is a table with the numbers from 1 to `rows`. */
const fill = (numbers: string, padded: string): string => `
  insert into users (name, role, password_hash, disabled, created_at, changed_at, rights_from)
    select 'user-' || ${padded}, 'writer', null, 0, 1, 1, 'role' from ${numbers};
  insert into user_groups (name, created_at) select 'group-' || ${padded}, 1 from ${numbers};
  insert into group_members (group_name, user_name) select 'group-' || ${padded}, 'user-' || ${padded} from ${numbers};
  insert into grants (subject, pattern, actions, created_at) select 'user-' || ${padded}, 'team/**', 'pull', 1 from ${numbers};
`;

/** Reads a page several times, and returns the shortest time, because other programs use the machine too. */
async function shortest(read: () => Promise<readonly unknown[]>, items: number): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    const page = await read();
    best = Math.min(best, performance.now() - began);
    expect(page).toHaveLength(items);
  }
  return best;
}

async function measure({ users, groups, grants }: Store): Promise<Readonly<Record<string, number>>> {
  const subject = 'user-050000';
  const pages: Record<string, () => Promise<readonly unknown[]>> = {};
  const add = <Key>(
    what: string,
    read: (filter: PageFilter<Key>) => Promise<readonly unknown[]>,
    middle: Key,
  ) => {
    pages[`${what}, first page`] = () => read({ limit: 100 });
    pages[`${what}, page in the middle`] = () => read({ limit: 100, after: middle });
    pages[`${what}, search`] = () => read({ limit: 100, contains: '9' });
  };
  add('users', users.page, subject);
  add('groups', groups.page, 'group-050000');
  add('grants', grants.page, { subject, pattern: 'team/**' });
  const times: Record<string, number> = {};
  for (const [what, read] of Object.entries(pages)) times[what] = await shortest(read, 100);
  // A text that only the last row contains: the whole table is read.
  times['users, search of one'] = await shortest(() => users.page({ limit: 100, contains: '099999' }), 1);
  return times;
}

function expectQuick(times: Readonly<Record<string, number>>): void {
  // If more processes want to run than there are processors, each of them gets only a part of the time.
  const share = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  for (const [what, time] of Object.entries(times))
    expect([what, time < limitMs * share ? 'quick' : time]).toEqual([what, 'quick']);
}

describe(`each page of a list with ${rows} rows takes at most ${limitMs} ms`, () => {
  test('in SQLite', async () => {
    const path = join(await temporaryDirectory('paging'), 'dockpass.db');
    const store = await openStore(path);
    afterwards(() => store.close());
    const database = new Database(path);
    const numbers = `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows}) select i from n)`;
    database.exec(fill(numbers, "printf('%06d', i)"));
    database.close();
    expectQuick(await measure(store));
  });

  needs('postgres')('in PostgreSQL', () => {
    test('with its own statistics', async () => {
      const cluster = await startPostgres({ fsync: 'off' });
      const url = await cluster.newDatabase();
      const store = await openStore(url);
      afterwards(() => store.close());
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(fill(`generate_series(1, ${rows}) i`, "lpad(i::text, 6, '0')"));
      await client.query('analyze');
      await client.end();
      expectQuick(await measure(store));
    });
  });
});
