import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { createChangeEvent } from '../../../src/audit/change-event.ts';
import { formatEventText } from '../../../src/audit/event-text.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** Writes three changes, then changes the file with another program. */
async function logAndFile() {
  const path = join(await temporaryDirectory('chain'), 'dockpass.db');
  const store = await openStore(path);
  afterwards(() => store.close());
  const change = (name: string): Promise<boolean> =>
    store.change({ at: 1, subject: '', what: `group ${name} added` }, ({ groups }) => groups.add(name, 1));
  for (const name of ['a', 'b', 'c']) await change(name);
  const file = new Database(path);
  afterwards(() => void file.close());
  return { auditLog: store.auditLog, file, change };
}

test.each([
  ['update audit_events set reason = reason where seq = 2', undefined],
  ["update audit_events set reason = 'nothing happened' where seq = 2", 2],
  ["update audit_events set subject = 'bob' where seq = 3", 3],
  ['update audit_events set at = 2 where seq = 3', 3],
  ["update audit_events set hash = 'x' where seq = 1", 1],
  ["update audit_events set hash = 'x' where seq = 3", 3],
  ["update audit_events set subject = 'bob' where seq = 1", 1],
  ['delete from audit_events where seq = 1', 2],
  ['delete from audit_events where seq < 3', 3],
  ['delete from audit_events where seq = 2', 3],
  ['delete from audit_events where seq = 3', 3],
  ['delete from audit_events where seq > 1', 2],
  ['delete from audit_events', 1],
  ['delete from audit_end', 4],
])('%s: the chain breaks at %s', async (sql, brokenAt) => {
  const { auditLog, file } = await logAndFile();
  expect(await auditLog.verify()).toBeUndefined();
  file.exec(sql);
  expect(await auditLog.verify()).toBe(brokenAt);
});

test('pruned rows are not reported, but other removed rows are', async () => {
  const { auditLog, file } = await logAndFile();
  expect(await auditLog.prune({ before: 0, maxEvents: 2 })).toBe(1);
  expect(await auditLog.verify()).toBeUndefined();
  file.exec('delete from audit_events where seq = 2');
  expect(await auditLog.verify()).toBe(3);
});

test('rows that are written after a removal at the end do not repair the chain', async () => {
  const { auditLog, file, change } = await logAndFile();
  file.exec('delete from audit_events where seq = 3');
  await change('d');
  expect(await auditLog.verify()).toBe(4);
});

test('rows of the audit thread are part of the chain, and their removal is detected', async () => {
  const { auditLog, file } = await logAndFile();
  const event = { outcome: 'issued', subject: '', address: '', client: '', host: '', realm: '' } as const;
  const details = { asked: '', granted: '', reason: '', tokenId: '', at: 1, times: 1 };
  await auditLog.append(
    Array.from({ length: 500 }, (_, at) => formatEventText({ ...event, ...details, id: `id ${at}` })),
  );
  expect(await auditLog.verify()).toBeUndefined();
  file.exec('delete from audit_events where seq > 500');
  expect(await auditLog.verify()).toBe(501);
});

test.each([
  ["update audit_unproven set reason = 'nothing happened' where seq = 2", 2],
  ['delete from audit_unproven where seq = 2', 3],
  ['delete from audit_unproven where seq = 3', 3],
])('the chain of unproven events is checked separately: after %s, it breaks at %s', async (sql, brokenAt) => {
  const { auditLog, file } = await logAndFile();
  const refused = (at: number) =>
    formatEventText({ ...createChangeEvent({ at, subject: '', what: 'bad_scope' }), outcome: 'refused' });
  await auditLog.append([refused(1), refused(2), refused(3)], false, 'unproven');
  expect(await auditLog.verify('unproven')).toBeUndefined();
  file.exec(sql);
  expect(await auditLog.verify('unproven')).toBe(brokenAt);
  expect(await auditLog.verify('proven')).toBeUndefined();
});
