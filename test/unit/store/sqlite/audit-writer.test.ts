import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEventText, type EventText } from '../../../../src/audit/event-text.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { minRowsForThread } from '../../../../src/store/sqlite/threads/audit-writer.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '\n', "'", '"', '\\n', '\0', '\ud800', '\u2028'),
);
const fields = fc.record({
  outcome: fc.constantFrom('issued' as const, 'refused' as const),
  subject: text,
  address: text,
  client: text,
  host: text,
  realm: fc.constantFrom('public' as const, 'private' as const, '' as const),
  asked: text,
  granted: text,
  reason: text,
  tokenId: text,
  times: fc.integer({ min: 1, max: 1000 }),
});
const batch = fc.record({
  chain: fc.constantFrom('proven' as const, 'unproven' as const),
  events: fc.array(fields, { minLength: minRowsForThread, maxLength: minRowsForThread + 20 }),
});

/** Writes batches to a new database, in groups of at most `groupSize`. Returns all rows with their hashes. */
async function rowsWritten(
  batches: readonly { readonly chain: 'proven' | 'unproven'; readonly events: readonly EventText[] }[],
  groupSize: number,
): Promise<unknown> {
  const location = join(await temporaryDirectory('audit'), 'dockpass.db');
  const store = await openStore(location);
  for (const { chain, events } of batches) {
    for (let at = 0; at < events.length; at += groupSize)
      await store.auditLog.append(events.slice(at, at + groupSize), false, chain);
  }
  expect(await store.auditLog.verify()).toBeUndefined();
  await store.close();
  const database = new Database(location, { readonly: true });
  afterwards(() => void database.close());
  const tables = database
    .prepare<[], string>("select name from sqlite_schema where type = 'table' and name like '%audit%'")
    .pluck()
    .all();
  return Object.fromEntries(tables.map((table) => [table, database.prepare(`select * from ${table}`).all()]));
}

test('the audit thread writes the same rows and hashes as the event loop, for random events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), async (batches) => {
      let at = 1_772_366_400_000;
      const written = batches.map(({ chain, events }) => ({
        chain,
        events: events.map((event) => formatEventText({ id: String(at), at: at++, ...event })),
      }));
      const byEventLoop = await rowsWritten(written, minRowsForThread - 1);
      expect(await rowsWritten(written, Infinity)).toStrictEqual(byEventLoop);
      expect(JSON.stringify(byEventLoop).length).toBeGreaterThan(10_000);
    }),
    { numRuns: 5 },
  );
});
