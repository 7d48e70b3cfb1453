import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../support/dockpass/dockpass.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// Someone has changed a backup file. The rows of a restored database are visible to the administrator. Nothing else
// from the file may have an effect.

const password = 'correct horse battery staple';

/** A backup with the user `alice`. */
let original: string;
beforeAll(async () => {
  const first = await dockpassHome();
  await first.addUser('alice', password);
  original = join(first.directory, 'backup.db');
  await first.must(['backup', original]);
});

/** Changes a copy of the backup with this SQL. @returns the path of the copy, and a home for what is restored */
async function hostileBackup(sql: string): Promise<{ home: DockpassHome; file: string }> {
  const file = join(await temporaryDirectory('backup'), 'backup.db');
  await copyFile(original, file);
  const database = new Database(file);
  database.unsafeMode(true);
  database.pragma('foreign_keys = off');
  database.exec(sql);
  database.close();
  return { home: await dockpassHome(), file };
}

/** Returns the type and name of each object in the schema of a database. */
function schemaOf(path: string): string[] {
  const database = new Database(path, { readonly: true });
  const rows = database
    .prepare<[], string>(`select type || ' ' || name from sqlite_schema order by 1`)
    .pluck();
  const found = rows.all();
  database.close();
  return found;
}

async function restored({ home, file }: { home: DockpassHome; file: string }): Promise<string> {
  await home.must(['restore', file]);
  return join(home.directory, 'data/dockpass.db');
}

let schema: Promise<string[]> | undefined;
/** Returns the schema that restoring the unchanged backup gives. */
const unchangedSchema = (): Promise<string[]> =>
  (schema ??= hostileBackup('select 1').then(async (backup) => schemaOf(await restored(backup))));

test.each<[what: string, sql: string]>([
  [
    'a trigger that makes each new user an administrator',
    `create trigger planted after insert on users begin update users set role = 'admin' where name = new.name; end`,
  ],
  [
    'a trigger that undoes each change of a user',
    'create trigger dockpass_count_users_planted after update on users begin update users set disabled = 0; end',
  ],
  ['a view', 'create view planted as select * from users'],
  ['a table and an index', 'create table planted (x); create index planted_x on planted (x)'],
])('restoring does not keep %s', async (_what, sql) => {
  const changed = await hostileBackup(sql);
  const path = await restored(changed);
  expect(schemaOf(path)).toEqual(await unchangedSchema());
  await changed.home.addUser('bob', password, 'reader');
  await changed.home.must(['user', 'disable', 'alice']);
  const { stdout } = await changed.home.must(['user', 'list', '--json']);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: 'alice', role: 'writer', state: 'disabled' },
    { name: 'bob', role: 'reader', state: 'active' },
  ]);
});

test('restoring does not keep a constraint that prevents that a user is disabled', async () => {
  const changed = await hostileBackup(`
    pragma writable_schema = on;
    update sqlite_schema set sql = replace(sql, 'disabled integer not null', 'disabled integer not null check (disabled = 0)')
      where name = 'users';
    pragma writable_schema = off`);
  await restored(changed);
  await changed.home.must(['user', 'disable', 'alice']);
});

test.each<[what: string, sql: string]>([
  [
    'a view in place of a table',
    `create table hidden as select * from users; drop table users; create view users as select * from hidden`,
  ],
  [
    'a view in place of the key files',
    'alter table backup_files rename to hidden; create view backup_files as select * from hidden',
  ],
  ['a missing migration', 'delete from migrations where number = 1'],
  ['a missing table', 'drop table grants'],
  ['rows that refer to a user who does not exist', `insert into group_members values ('g', 'nobody')`],
])('rejects a backup with %s, and creates nothing', async (_what, sql) => {
  const { home, file } = await hostileBackup(sql);
  const refused = await home.cli(['restore', file]);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/backup/)]);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  expect((await home.cli(['restore', join(home.directory, 'missing')])).status).toBe(1);
  await expect(copyFile(join(home.directory, 'data/dockpass.db'), '/dev/null')).rejects.toThrow('ENOENT');
});

test('rejects a backup with tables of a newer version', async () => {
  const { home, file } = await hostileBackup(
    `insert into migrations values (9999, 'later'); insert into schema_compatibility values (9999, 1)`,
  );
  const refused = await home.cli(['restore', file]);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/newer version/)]);
});

test('restores all rows of a backup, with the audit log', async () => {
  const first = await dockpassHome();
  await first.addUser('alice', password, 'reader');
  await first.must(['group', 'add', 'team']);
  await first.must(['group', 'join', 'team', 'alice']);
  await first.must(['grant', 'add', 'group:team', 'team/**', 'push']);
  await first.must(['robot', 'add', 'ci', '--only', 'team/**:pull']);
  const listAll = (home: typeof first) =>
    Promise.all(['user', 'grant', 'robot', 'group'].map((kind) => home.must([kind, 'list'])));
  const before = await listAll(first);
  const file = join(first.directory, 'backup.db');
  await first.must(['backup', file]);
  const second = await dockpassHome();
  await second.must(['restore', file]);
  const after = await listAll(second);
  expect(after.map(({ stdout }) => stdout)).toEqual(before.map(({ stdout }) => stdout));
  expect((await second.must(['audit', '--verify'])).status).toBe(0);
});
