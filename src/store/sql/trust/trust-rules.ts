import type { Kysely } from 'kysely';
import type {
  NewStoredTrustRule,
  StoredTrustRule,
  TrustCandidate,
  TrustDefinition,
  TrustRules,
} from '../../store.ts';
import type { Tables, TrustRuleRow } from '../tables.ts';
import { atomically, type Write } from '../write.ts';

export function sqlTrustRules(database: Kysely<Tables>, write: Write, quietly: Write): TrustRules {
  return {
    find: async (name) => {
      const rules = database.selectFrom('trust_rules').selectAll();
      const row = await rules.where('name', '=', name).executeTakeFirst();
      return row && fromRow(row);
    },
    list: async () => {
      const rules = database.selectFrom('trust_rules').selectAll();
      return (await rules.orderBy('position').orderBy('name').execute()).map(fromRow);
    },
    add: (rule) =>
      write(() =>
        atomically(database, async (transaction) => {
          const last = await transaction
            .selectFrom('trust_rules')
            .select(({ fn }) => fn.max('position').as('position'))
            .executeTakeFirst();
          const insert = transaction
            .insertInto('trust_rules')
            .values(toRow(rule, Number(last?.position ?? 0) + 1))
            .onConflict((conflict) => conflict.doNothing());
          return (await insert.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
        }),
      ),
    confirm: (name, definition) =>
      write(async () => {
        const update = database.updateTable('trust_rules').where('name', '=', name);
        const set = { definition: JSON.stringify(definition), pins: '[]', candidate: null };
        return (await update.set(set).executeTakeFirst()).numUpdatedRows === 1n;
      }),
    setCandidate: (name, candidate) =>
      quietly(async () => {
        const update = database.updateTable('trust_rules').where('name', '=', name);
        const set = { candidate: JSON.stringify(candidate) };
        return (await update.set(set).executeTakeFirst()).numUpdatedRows === 1n;
      }),
    remove: (name) =>
      write(async () => {
        const removal = database.deleteFrom('trust_rules').where('name', '=', name);
        return (await removal.executeTakeFirst()).numDeletedRows === 1n;
      }),
  };
}

function toRow(
  { name, definition, pins, candidate, createdAt }: NewStoredTrustRule,
  position: number,
): TrustRuleRow {
  return {
    name,
    position,
    definition: JSON.stringify(definition),
    pins: JSON.stringify(pins),
    candidate: candidate && JSON.stringify(candidate),
    created_at: createdAt,
  };
}

function fromRow({ name, position, definition, pins, candidate, created_at }: TrustRuleRow): StoredTrustRule {
  return {
    name,
    position: Number(position),
    definition: JSON.parse(definition) as TrustDefinition,
    pins: JSON.parse(pins) as string[],
    candidate: candidate === null ? null : (JSON.parse(candidate) as TrustCandidate),
    createdAt: Number(created_at),
  };
}
