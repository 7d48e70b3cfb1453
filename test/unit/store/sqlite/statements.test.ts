import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheStatements } from '../../../../src/store/sqlite/statements.ts';
import { outcomeOf } from '../../../support/fuzz/outcome.ts';
import { afterwards } from '../../../support/run/afterwards.ts';

test('cached statements return what new ones return, errors included, also after 400 others', () => {
  const database = new Database(':memory:');
  afterwards(() => void database.close());
  const prepare = cacheStatements(database);
  const run = (statement: () => Database.Statement) => outcomeOf(() => statement().all());
  const sql = fc.oneof(
    fc.constantFrom('select 1 as one', "select 'a' as text", 'select', 'select 1 from missing'),
    fc.nat(600).map((number) => `select ${number} as number`),
  );
  fc.assert(
    fc.property(fc.array(sql, { maxLength: 60 }), (texts) => {
      for (const text of texts)
        expect(run(() => prepare(text))).toStrictEqual(run(() => database.prepare(text)));
    }),
  );
});
