import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { moveStore } from '../../../src/store/migration/move-store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { copyPostgres } from '../../../src/store/postgres/copy.ts';
import { copySqlite } from '../../../src/store/sqlite/copy.ts';
import type { TableCopy } from '../../../src/store/migration/table-copy.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { fillStore } from '../../support/dockpass/filled-store.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Each test opens a dozen databases and syncs every commit to the disk, which is slow.

needs('postgres')('moving a store between SQLite and PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  });

  const newPath = async (): Promise<string> => join(await temporaryDirectory('move'), 'dockpass.db');
  const filled = async (path: string): Promise<string> => {
    const store = await openStore(path);
    await fillStore(store);
    await store.close();
    return path;
  };
  const copyOf = (database: string): Promise<TableCopy> =>
    database.includes('://') ? copyPostgres(database) : copySqlite(database);
  const move = async (from: string, to: string) => {
    const source = await copyOf(from);
    try {
      const target = await copyOf(to);
      return await moveStore(source, target).finally(() => target.close());
    } finally {
      await source.close();
    }
  };

  test('a move there and back copies every table, and the chain of the audit log continues', async () => {
    const [path, url, back] = [await filled(await newPath()), await cluster.newDatabase(), await newPath()];
    const there = await move(path, url);
    expect(there.wasCopiedBefore).toBe(false);
    expect(there.tables.filter(({ rows }) => rows === 0).map(({ name }) => name)).toEqual([]);
    expect((await move(path, url)).wasCopiedBefore).toBe(true);

    const store = await openStore(url);
    expect(await store.auditLog.verify()).toBeUndefined();
    expect((await store.users.list()).map(({ name }) => name).sort()).toEqual([
      'a-b',
      'alice',
      'bob',
      'Ünal',
    ]);
    await store.change({ at: 1, subject: '', what: 'bob removed' }, ({ users }) => users.remove('bob'));
    expect(await store.auditLog.verify()).toBeUndefined();
    await store.close();

    const home = await move(url, back);
    expect(home.wasCopiedBefore).toBe(false);
    const again = await openStore(back);
    afterwards(() => again.close());
    expect(await again.auditLog.verify()).toBeUndefined();
    expect(await again.users.find('bob')).toBeUndefined();
  });

  test('an older copy is replaced on either side; other data is not changed', async () => {
    const [path, url] = [await filled(await newPath()), await cluster.newDatabase()];
    await move(path, url);
    const changeIn = async (database: string, name: string): Promise<void> => {
      const store = await openStore(database);
      await store.change({ at: 2, subject: '', what: `group ${name}` }, ({ groups }) => groups.add(name, 2));
      await store.close();
    };
    await changeIn(path, 'later');
    expect((await move(path, url)).wasCopiedBefore).toBe(false);
    await changeIn(url, 'lived-on');
    // The old file is an older copy, so the move back replaces it.
    expect((await move(url, path)).wasCopiedBefore).toBe(false);
    await changeIn(path, 'one-way');
    await changeIn(url, 'another-way');
    await expect(move(path, url)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('nothing was changed') as string,
    });
    const store = await openStore(url);
    afterwards(() => store.close());
    expect((await store.groups.list()).map(({ name }) => name)).toContain('another-way');
  });

  test('keys that only the target has are never lost', async () => {
    const [path, url] = [await newPath(), await cluster.newDatabase()];
    await (await openStore(path)).close();
    const admin = new pg.Client(url);
    await (await openStore(url)).close();
    await admin.connect();
    await admin.query("insert into sealed_keys values ('authority', 'x')");
    await admin.end();
    await expect(move(path, url)).rejects.toThrow(/signing keys of its own/);
  });

  test('while another process has one of the databases open, nothing is moved', async () => {
    const [path, url] = [await filled(await newPath()), await cluster.newDatabase()];
    const onFile = await openStore(path);
    await onFile.users.list();
    await expect(move(path, url)).rejects.toThrow(
      /in use by a server or a command\. Stop the server or command first/,
    );
    await onFile.close();
    const onServer = await openStore(url);
    await expect(move(path, url)).rejects.toThrow(/in use by dockpass \(\d+ connections\)/);
    await onServer.close();
    expect((await move(path, url)).wasCopiedBefore).toBe(false);
  });

  test('a move that fails half way does not change the target', async () => {
    const [path, url] = [await filled(await newPath()), await cluster.newDatabase()];
    await (await openStore(url)).close();
    const admin = new pg.Client(url);
    await admin.connect();
    afterwards(() => admin.end());
    await admin.query("alter table robots add constraint never check (name = 'nothing')");
    await expect(move(path, url)).rejects.toMatchObject({ code: 'database' });
    expect((await admin.query('select count(*) as rows from users')).rows).toEqual([{ rows: '0' }]);
  });

  test.each(['SQLite', 'PostgreSQL'])(
    'a source that fails half way leaves a target on %s unchanged',
    async (kind) => {
      const source = await filled(await newPath());
      const target = kind === 'SQLite' ? await newPath() : await cluster.newDatabase();
      await (await openStore(target)).close();
      const from = await copyOf(source);
      afterwards(() => from.close());
      const failing: TableCopy = {
        ...from,
        rows: async function* (table) {
          if (table.name === 'robots') throw new Error('the disk is broken');
          yield* from.rows(table);
        },
      };
      const to = await copyOf(target);
      await expect(moveStore(failing, to)).rejects.toThrow('the disk is broken');
      await to.close();
      const store = await openStore(target);
      afterwards(() => store.close());
      expect(await store.users.list()).toEqual([]);
    },
  );
});
