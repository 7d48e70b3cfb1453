import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { rotateKeys } from '../../../src/admin/keys/keys.ts';
import { withKeys } from '../../../src/admin/keys/key-store.ts';
import { findMissingAudiences } from '../../../src/admin/missing-audiences.ts';
import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { accountsBehaviour } from './behaviour/accounts-behaviour.ts';
import type { AdminDatabase } from './behaviour/admin-database.ts';
import { auditBehaviour } from './behaviour/audit-behaviour.ts';
import { audiencesBehaviour, configWithAudiences } from './behaviour/audiences-behaviour.ts';
import { entryBehaviour } from './behaviour/entry-behaviour.ts';
import { keysBehaviour } from './behaviour/keys-behaviour.ts';
import { narrowingBehaviour } from './behaviour/narrowing-behaviour.ts';
import { previewBehaviour } from './behaviour/preview-behaviour.ts';
import { reviewBehaviour } from './behaviour/review-behaviour.ts';
import { rightsBehaviour } from './behaviour/rights-behaviour.ts';
import { robotsBehaviour } from './behaviour/robots-behaviour.ts';
import { trustBehaviour } from './behaviour/trust-behaviour.ts';

// test/process/admin/admin-postgres.test.ts runs the same behaviour on PostgreSQL.

async function newDatabase(): Promise<AdminDatabase> {
  const location = join(await temporaryDirectory('admin'), 'dockpass.db');
  return {
    location,
    connect: async () => {
      const store = await openStore(location);
      afterwards(() => store.close());
      return store;
    },
    execute: async (...statements) => {
      const file = new Database(location);
      for (const statement of statements) file.exec(statement);
      file.close();
    },
    rejectRowsOf: async (table) => {
      const file = new Database(location);
      file.exec(`create trigger reject before insert on ${table} begin select raise(abort, 'rejected'); end`);
      file.close();
      return async () => {
        const again = new Database(location);
        again.exec('drop trigger reject');
        again.close();
      };
    },
  };
}

accountsBehaviour('SQLite', newDatabase);
keysBehaviour('SQLite', newDatabase);
auditBehaviour('SQLite', newDatabase);
audiencesBehaviour('SQLite', newDatabase);
narrowingBehaviour('SQLite', newDatabase);
previewBehaviour('SQLite', newDatabase);
reviewBehaviour('SQLite', newDatabase);
rightsBehaviour('SQLite', newDatabase);
robotsBehaviour('SQLite', newDatabase);
entryBehaviour('SQLite', newDatabase);
trustBehaviour('SQLite', newDatabase);

test('looking up the names in policy rules creates no database', async () => {
  const location = join(await temporaryDirectory('none'), 'dockpass.db');
  expect(await findMissingAudiences(await configWithAudiences(location))).toEqual([]);
  expect(existsSync(location)).toBe(false);
});

test('a PostgreSQL server that cannot be reached gives a warning, because the configuration can still be valid', async () => {
  const config = await configWithAudiences('postgres://dockpass@127.0.0.1:1/dockpass');
  expect(await findMissingAudiences(config)).toEqual([
    expect.stringMatching(/^cannot check whether the users, groups and robots in policy rules exist: /),
  ]);
});

test('a damaged SQLite database is an error, so that a check before a deployment fails', async () => {
  const location = join(await temporaryDirectory('damaged'), 'dockpass.db');
  await writeFile(
    location,
    'this is not a database, but a text that is longer than the header of one'.repeat(20),
  );
  await expect(findMissingAudiences(await configWithAudiences(location))).rejects.toMatchObject({
    code: 'database',
  });
});

test('rotating key files creates no database', async () => {
  const location = join(await temporaryDirectory('none'), 'dockpass.db');
  const config = await configWithAudiences(location);
  expect(await withKeys(config, (keys) => rotateKeys(keys, config, systemClock))).not.toBe('');
  expect(existsSync(location)).toBe(false);
});
