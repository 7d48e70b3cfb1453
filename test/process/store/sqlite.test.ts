import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { allMigrations } from '../../../src/store/migration/migrate.ts';
import type { Store } from '../../../src/store/store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { startScript } from '../../support/process/node-child.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { encryptedKeysBehaviour } from './encrypted-keys-behaviour.ts';
import { pagingBehaviour } from './paging-behaviour.ts';
import { storeBehaviour } from './store-behaviour.ts';
import { historyBehaviour } from './history-behaviour.ts';
import { pull, usageBehaviour } from './usage-behaviour.ts';

async function newPath(): Promise<string> {
  return join(await temporaryDirectory('store'), 'data', 'dockpass.db');
}

async function open(path: string): Promise<Store> {
  const store = await openStore(path);
  afterwards(() => store.close());
  return store;
}

storeBehaviour('SQLite', async () => {
  const path = await newPath();
  return { connect: () => open(path) };
});

usageBehaviour(
  'SQLite',
  async () => {
    const path = await newPath();
    return { connect: () => open(path) };
  },
  150,
);

historyBehaviour('SQLite', async () => {
  const path = await newPath();
  return { connect: () => open(path) };
});

pagingBehaviour('SQLite', async () => open(await newPath()));

encryptedKeysBehaviour('SQLite', async () => {
  const path = await newPath();
  return [await open(path), await open(path)];
});

const alice = {
  name: 'alice',
  role: 'writer',
  passwordHash: null,
  disabled: false,
  createdAt: 1,
  changedAt: 1,
} as const;

describe('a database file', () => {
  test('is created with its folder, and only its owner can read it', async () => {
    const path = await newPath();
    const store = await open(path);
    await store.users.add(alice);
    for (const name of await readdir(join(path, '..'))) {
      expect([name, (await stat(join(path, '..', name))).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  test('can be changed while events arrive without end', async () => {
    const path = await newPath();
    const stores = [await open(path), await open(path)] as const;
    let isEnough = false;
    const recordEvents = async (): Promise<void> => {
      while (!isEnough)
        await stores[0].usage.record(
          Array.from({ length: 500 }, () => pull()),
          Date.now(),
        );
    };
    const recorded = recordEvents();
    const names = Array.from({ length: 20 }, (_, number) => `user-${number}`);
    for (const [at, name] of names.entries()) await stores[at < 10 ? 0 : 1].users.add({ ...alice, name });
    isEnough = true;
    await recorded;
    for (const name of names) expect(await stores[0].users.find(name)).toMatchObject({ name });
  });

  test('stores rows that logins look up without a rowid', async () => {
    const path = await newPath();
    await open(path);
    const database = new Database(path, { readonly: true });
    afterwards(() => void database.close());
    for (const table of ['users', 'grants', 'access_tokens', 'refresh_tokens', 'robot_secrets'])
      expect(() => database.prepare(`select rowid from ${table}`)).toThrow('no such column: rowid');
  });

  test('still has the data at the next start', async () => {
    const path = await newPath();
    const first = await openStore(path);
    await first.users.add(alice);
    await first.close();
    expect(await (await open(path)).users.find('alice')).toMatchObject(alice);
  });

  test('is closed in the process, whether it was used or not', async () => {
    const path = await newPath();
    const store = await openStore(path);
    await store.close();
    expect((await readdir(join(path, '..'))).sort()).toEqual(['dockpass.db', 'dockpass.db-reserve']);
    expect(() => store.changes()).toThrow();
  });

  test('is not changed by a start of the same version, so that a full disk does not prevent the start', async () => {
    const path = await newPath();
    await (await openStore(path)).close();
    const reader = new Database(path, { readonly: true });
    afterwards(() => void reader.close());
    const version = (): unknown => reader.pragma('data_version', { simple: true });
    const before = version();
    await (await openStore(path)).close();
    expect(version()).toBe(before);
  });

  test('gets the triggers of this version at the start, if they are missing or different', async () => {
    const path = await newPath();
    await (await openStore(path)).close();
    const file = new Database(path);
    afterwards(() => void file.close());
    file.exec(`drop trigger dockpass_count_users_insert;
      drop trigger dockpass_count_users_delete;
      create trigger dockpass_count_users_delete after delete on users begin select 1; end`);
    const store = await open(path);
    const before = store.changes();
    file.exec(
      "insert into users (name, role, disabled, created_at, changed_at) values ('bob', 'reader', 0, 1, 1)",
    );
    await expect.poll(() => store.changes()).toBeGreaterThan(before);
    const inserted = store.changes();
    file.exec("delete from users where name = 'bob'");
    await expect.poll(() => store.changes()).toBeGreaterThan(inserted);
  });

  test('is durable: it uses WAL and syncs every commit', async () => {
    const path = await newPath();
    await open(path);
    const other = new Database(path);
    expect(other.pragma('journal_mode', { simple: true })).toBe('wal');
    other.close();
  });

  test('is created once if several processes create it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const path = await newPath();
      const children = [1, 2, 3].map(() => startScript('open-database.ts', [path]));
      for (const child of children) expect(await child.line()).toBe('ready');
      for (const child of children) child.tell('go');
      expect(await Promise.all(children.map((child) => child.line()))).toEqual([
        'opened',
        'opened',
        'opened',
      ]);
      const database = new Database(path);
      const applied = database.prepare('select number from migrations order by number').pluck().all();
      database.close();
      expect(applied).toEqual(allMigrations().map(({ number }) => number));
    }
  });

  test('of an older version keeps its audit log, and counts its size', async () => {
    const path = await newPath();
    const store = await openStore(path);
    for (let at = 0; at < 30; at++)
      await store.change({ at, subject: '', what: 'x'.repeat(1000) }, async () => undefined);
    await store.close();
    const database = new Database(path);
    database.exec(`drop table audit_unproven; drop table audit_unproven_end; drop table audit_unproven_begin;
      alter table audit_end drop column bytes; delete from migrations where number = 21;
      delete from schema_compatibility where number = 21`);
    database.close();
    const { auditLog } = await open(path);
    expect(await auditLog.verify()).toBeUndefined();
    expect(await auditLog.prune({ before: 0, maxEvents: 100, maxBytes: 50_000 })).toBe(0);
    expect(await auditLog.prune({ before: 0, maxEvents: 100, maxBytes: 13_000 })).toBeGreaterThan(15);
    expect((await auditLog.list({})).length).toBeGreaterThan(5);
    expect(await auditLog.verify()).toBeUndefined();
  });

  test('of a newer version is rejected and not changed', async () => {
    const path = await newPath();
    await (await openStore(path)).close();
    const database = new Database(path);
    database.exec("insert into migrations values (9999, 'from_the_future')");
    database.close();
    await expect(openStore(path)).rejects.toMatchObject({
      code: 'database',
      message: expect.stringMatching(/9999.*newer version/),
    });
  });

  test('that is not a database is rejected, and the message names the fix', async () => {
    const path = await newPath();
    await (await openStore(path)).close();
    await writeFile(path, 'this is no database, but it is long enough to be looked at'.repeat(100));
    await expect(openStore(path)).rejects.toMatchObject({
      code: 'database',
      message: expect.stringMatching(/damaged.*dockpass restore FILE/),
    });
  });

  test('that is truncated is rejected, and the message names the fix', async () => {
    const path = await newPath();
    const store = await openStore(path);
    for (let at = 0; at < 200; at++) await store.users.add({ ...alice, name: `user-${at}` });
    await store.close();
    await truncate(path, 8192);
    await expect(openStore(path).then((broken) => broken.users.list())).rejects.toMatchObject({
      code: 'database',
      message: expect.stringContaining('damaged'),
    });
  });

  test('whose folder is a file is rejected, and the message names the path', async () => {
    const directory = await temporaryDirectory('store');
    await writeFile(join(directory, 'file'), '');
    const path = join(directory, 'file', 'dockpass.db');
    await expect(openStore(path)).rejects.toMatchObject({
      code: 'data_directory',
      message: expect.stringContaining(path),
    });
  });

  test('does not show the password of a postgres:// URL', async () => {
    await expect(openStore('postgres://u:canary@db/x')).rejects.toMatchObject({
      message: expect.not.stringContaining('canary'),
    });
  });
});

describe('while another process holds the write lock', () => {
  test('reads continue, and a write succeeds as soon as the lock is released', async () => {
    const path = await newPath();
    const store = await open(path);
    await store.users.add(alice);
    const holder = startScript('write-lock.ts', [path]);
    expect(await holder.line()).toBe('locked');
    expect(await store.users.find('alice')).toMatchObject(alice);
    const before = store.changes();
    const write = store.users.update('alice', { disabled: true, changedAt: 2 });
    expect(await store.users.find('alice')).toMatchObject({ disabled: false });
    expect(store.changes()).toBe(before);
    holder.tell('release');
    expect(await write).toBe(true);
    expect(await store.users.find('alice')).toMatchObject({ disabled: true });
  });

  test('a write that waits too long fails with a clear message, and changes nothing', async () => {
    const path = await newPath();
    const store = await open(path);
    await store.users.add(alice);
    const holder = startScript('write-lock.ts', [path]);
    expect(await holder.line()).toBe('locked');
    await expect(store.users.remove('alice')).rejects.toMatchObject({
      code: 'database_busy',
      message: expect.stringContaining('Try again'),
    });
    await holder.kill();
    expect(await store.users.find('alice')).toMatchObject(alice);
    // Killing the other process released its lock.
    expect(await store.users.remove('alice')).toBe(true);
  });
});
