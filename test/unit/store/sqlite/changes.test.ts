import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sqliteChanges } from '../../../../src/store/sqlite/changes.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

async function twoConnections(): Promise<readonly [Database.Database, Database.Database]> {
  const file = join(await temporaryDirectory('changes'), 'test.db');
  const open = (): Database.Database => {
    const database = new Database(file);
    database.pragma('journal_mode = wal');
    database.pragma('synchronous = off');
    afterwards(() => void database.close());
    return database;
  };
  const own = open();
  own.exec('create table change_counter (changes integer); insert into change_counter values (0)');
  own.exec('create table audit (text)');
  return [own, open()];
}

test('in each tick, the counter is the one in the database, whichever process wrote', async () => {
  const [own, other] = await twoConnections();
  const counter = own.prepare<[], number>('select changes from change_counter').pluck();
  const { changes, markChanged } = sqliteChanges(own);
  const step = fc.constantFrom(
    'read',
    'read',
    'own change',
    'own audit',
    'other change',
    'other audit',
    'tick',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      let wasReadInTick = false;
      await nextTick();
      for (const each of steps) {
        const [who, what] = each.split(' ');
        const database = who === 'own' ? own : other;
        if (what === 'audit') database.exec("insert into audit values ('event')");
        if (what === 'change') {
          database.exec('update change_counter set changes = changes + 1');
          if (who === 'own') markChanged();
          // A change of another process can be missed until the end of the tick.
          else if (wasReadInTick) {
            await nextTick();
            wasReadInTick = false;
          }
        }
        if (each === 'tick') {
          await nextTick();
          wasReadInTick = false;
        }
        if (each !== 'read') continue;
        expect(changes()).toBe(counter.get());
        wasReadInTick = true;
      }
    }),
    { numRuns: 50 },
  );
});
