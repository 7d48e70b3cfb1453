import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { afterwards } from '../support/afterwards.ts';
import { temporaryDirectory } from '../support/temp.ts';

/** Three changes, and a hand on the file that is not dockpass's. */
async function logAndFile() {
  const path = join(await temporaryDirectory('chain'), 'dockpass.db');
  const store = await openStore(path);
  afterwards(() => store.close());
  for (const name of ['a', 'b', 'c']) {
    await store.change({ at: 1, subject: '', what: `group ${name} added` }, ({ groups }) =>
      groups.add(name, 1),
    );
  }
  const file = new Database(path);
  afterwards(() => void file.close());
  return { auditLog: store.auditLog, file };
}

test.each([
  ['update audit_events set reason = reason where seq = 2', undefined],
  ["update audit_events set reason = 'nothing happened' where seq = 2", 2],
  ["update audit_events set subject = 'bob' where seq = 3", 3],
  ['update audit_events set at = 2 where seq = 3', 3],
  ["update audit_events set hash = 'x' where seq = 1", 2],
  ['delete from audit_events where seq = 2', 3],
])('%s: the chain breaks at %s', async (sql, brokenAt) => {
  const { auditLog, file } = await logAndFile();
  expect(await auditLog.verify()).toBeUndefined();
  file.exec(sql);
  expect(await auditLog.verify()).toBe(brokenAt);
});
