import { sql, type Kysely } from 'kysely';
import { lastUseOf } from '../last-use.ts';
import { atomically, type Write } from '../write.ts';
import type { TrustRuleUses } from '../../store.ts';
import type { Tables } from '../tables.ts';

/** Times of last use decide about no access, so their writes do not increment the change counter. */
export function sqlTrustRuleUses(database: Kysely<Tables>, quietly: Write): TrustRuleUses {
  return {
    list: async () => {
      const rows = await database.selectFrom('trust_rule_uses').selectAll().execute();
      return new Map(rows.map((row) => [row.name, lastUseOf(row)]));
    },
    used: (uses) =>
      quietly(() =>
        atomically(database, async (transaction) => {
          // The rows are written in the order of their names, so that two servers never wait for each other.
          for (const [name, { at, from }] of [...uses].sort(([one], [other]) => (one < other ? -1 : 1)))
            await transaction
              .insertInto('trust_rule_uses')
              .values({ name, last_used_at: at, last_used_from: from })
              .onConflict((conflict) =>
                conflict
                  .column('name')
                  .doUpdateSet({ last_used_at: at, last_used_from: from })
                  .where('trust_rule_uses.last_used_at', '<=', sql<number>`cast(${at} as bigint)`),
              )
              .execute();
        }),
      ),
    remove: (name) =>
      quietly(
        async () =>
          void (await database.deleteFrom('trust_rule_uses').where('name', '=', name).executeTakeFirst()),
      ),
  };
}
