// This script runs in the audit thread, which writes large groups of audit events on its own database connection.
import type { EventText } from '../../../audit/event-text.ts';
import type { AuditChain } from '../../ports/audit-log.ts';
import {
  beginEnd,
  chainEvents,
  chainTables,
  rowBytes,
  type ChainEnd,
  type ChainTables,
} from '../../sql/audit/audit-chain.ts';
import { answerGroups, openThreadDatabase } from './answer-groups.ts';

/**
 * The message to the audit thread: a text with the name of the hash chain in the first line, and one event in each
 * further line. Sending one long text is cheaper than sending a thousand short ones.
 */
export type AuditGroup = string;

const database = openThreadDatabase();
// The text of an event is a JSON array. Its values are in the same order as the columns from `id` to `times`, so they
// are bound by position. Binding by name would be slower, because each name would be looked up for each row.
const columns =
  'seq, id, at, outcome, subject, address, client, host, realm, asked, granted, reason, token_id, times, hash';
const appenders = {
  proven: createAppender(chainTables.proven),
  unproven: createAppender(chainTables.unproven),
};

/** Returns a function that appends events to one hash chain, in one transaction. */
function createAppender(tables: ChainTables) {
  const end = database.prepare<[], ChainEnd>(
    // Normally, new rows continue the chain after the row that the table `end` describes. If someone has emptied that
    // table, new rows continue after the newest row, and `dockpass audit --verify` reports the problem.
    `select seq, hash from ${tables.end} union all
     select * from (select seq, hash from ${tables.events} order by seq desc limit 1) order by seq desc limit 1`,
  );
  const insert = database.prepare<(string | number)[]>(
    `insert into ${tables.events} (${columns}) values (${columns.replace(/\w+/g, '?')})`,
  );
  const begin = database.prepare(beginEnd(tables));
  const moveEnd = database.prepare<ChainEnd & { readonly bytes: number }>(
    `update ${tables.end} set seq = @seq, hash = @hash, bytes = bytes + @bytes`,
  );
  return database.transaction((events: readonly EventText[]) => {
    begin.run();
    const links = chainEvents(events, end.get());
    let bytes = 0;
    for (const { event, seq, hash } of links) {
      bytes += rowBytes(event);
      insert.run(seq, ...(JSON.parse(event) as (string | number)[]), hash);
    }
    const last = links.at(-1);
    if (last !== undefined) moveEnd.run({ seq: last.seq, hash: last.hash, bytes });
  });
}

answerGroups((group: AuditGroup) => {
  const [chain, ...events] = group.split('\n') as [AuditChain, ...EventText[]];
  appenders[chain].immediate(events);
});
