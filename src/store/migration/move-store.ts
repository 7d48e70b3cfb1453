import { DockpassError } from '../../errors.ts';
import { chainTables } from '../sql/audit/audit-chain.ts';
import { digestOf, type Row, type Table, type TableCopy, type TableDigest } from './table-copy.ts';

export interface MovedTable extends TableDigest {
  readonly name: string;
}

export interface MoveResult {
  /** The tables of the source. After the move, the target has the same tables with the same rows. */
  readonly tables: readonly MovedTable[];
  /** True if the target was already an exact copy of the source, so that nothing was written. */
  readonly wasCopiedBefore: boolean;
}

/**
 * Copies all tables from the source to the target and then compares the two databases. If copying fails, the target is
 * not changed.
 * @throws DockpassError `already_exists` if the target contains other signing keys than the source, or contains data
 *   and is not an older copy of the source
 * @throws DockpassError `database` if the two databases have different tables, or if the comparison finds a difference
 */
export async function moveStore(source: TableCopy, target: TableCopy): Promise<MoveResult> {
  const tables = await source.tables();
  const targetTables = await target.tables();
  requireSameTables(tables, targetTables);
  const sourceDigests = await digestsOf(source, tables);
  const targetDigests = await digestsOf(target, targetTables);
  if (isSame(sourceDigests, targetDigests)) return { tables: sourceDigests, wasCopiedBefore: true };
  requireSameKeys(sourceDigests, targetDigests);
  if (targetDigests.some(({ rows }) => rows > 0)) await requireFormerCopy(source, target, tables);
  await target.replace(async (write) => {
    for (const table of tables) for await (const rows of source.rows(table)) await write(table, rows);
  });
  const copied = await digestsOf(target, targetTables);
  if (isSame(sourceDigests, copied)) return { tables: copied, wasCopiedBefore: false };
  const differing = sourceDigests.filter(({ digest }, at) => digest !== copied[at]?.digest);
  throw new DockpassError(
    'database',
    `after the copy, these tables in the target differ from the source: ${differing.map(({ name }) => name).join(', ')}. Keep the source database in the configuration, and report this as a bug.`,
  );
}

async function digestsOf(copy: TableCopy, tables: readonly Table[]): Promise<MovedTable[]> {
  const digests: MovedTable[] = [];
  for (const table of tables) digests.push({ name: table.name, ...(await digestOf(copy, table)) });
  return digests;
}

function isSame(one: readonly MovedTable[], other: readonly MovedTable[]): boolean {
  return one.every(({ rows, digest }, at) => digest === other[at]?.digest && rows === other[at]?.rows);
}

function requireSameTables(one: readonly Table[], other: readonly Table[]): void {
  if (JSON.stringify(one) === JSON.stringify(other)) return;
  throw new DockpassError(
    'database',
    'the source database and the target database have different tables. Find out which versions of dockpass have used these databases, and run dockpass move-store with the newest of these versions.',
  );
}

/**
 * Throws an error if the target has signing keys that differ from those of the source. Registries may trust the signing
 * keys in the target, so a move must not replace or remove them.
 */
function requireSameKeys(source: readonly MovedTable[], target: readonly MovedTable[]): void {
  const keysIn = (tables: readonly MovedTable[]) => tables.find(({ name }) => name === 'sealed_keys');
  const targetKeys = keysIn(target);
  if (targetKeys === undefined || targetKeys.rows === 0 || targetKeys.digest === keysIn(source)?.digest)
    return;
  throw new DockpassError(
    'already_exists',
    'the target has signing keys of its own, so nothing was changed. Choose an empty database as the target. If no registry trusts the keys in this target, you can remove all data from this target and use it.',
  );
}

/**
 * Throws an error if the target is not an older copy of the source. Every change appends a row to the audit log, and
 * the hash of each row covers all earlier rows. So if the source contains the last row of the target's audit log, the
 * target is equal to an earlier state of the source, and no one has changed the target since the copy.
 */
async function requireFormerCopy(
  source: TableCopy,
  target: TableCopy,
  tables: readonly Table[],
): Promise<void> {
  // The last event of the target must also be in the source. This event is from the chain `proven` (administrative
  // changes, and tokens for users and robots). Only if this chain is empty in the target, it is from the chain
  // `unproven` (denied requests, and tokens for anonymous clients).
  for (const name of [chainTables.proven.events, chainTables.unproven.events]) {
    const log = tables.find((table) => table.name === name);
    const last = log && (await lastRow(target, log));
    if (log === undefined || last === undefined) continue;
    const text = JSON.stringify(last);
    for await (const rows of source.rows(log)) if (rows.some((row) => JSON.stringify(row) === text)) return;
    break;
  }
  throw new DockpassError(
    'already_exists',
    'the target contains data, and dockpass cannot tell whether this data is an older copy of the source, so nothing was changed. Choose an empty database as the target. If you do not need the data in this target, you can remove the data and use this target.',
  );
}

async function lastRow(copy: TableCopy, table: Table): Promise<Row | undefined> {
  let last: Row | undefined;
  for await (const rows of copy.rows(table)) last = rows.at(-1);
  return last;
}
