import { DockpassError } from '../../errors.ts';
import { digestOf, type Row, type Table, type TableCopy, type TableDigest } from './table-copy.ts';

export interface MovedTable extends TableDigest {
  readonly name: string;
}

export interface MoveResult {
  /** The tables, which are equal on both sides. */
  readonly tables: readonly MovedTable[];
  /** True if the target already was a copy. Then nothing was written. */
  readonly wasCopiedBefore: boolean;
}

/**
 * Copies all tables, or nothing, and then compares both sides.
 * @throws DockpassError `already_exists` if the target has data that is not an older copy of the source; `database`
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
    `the copy of ${differing.map(({ name }) => name).join(', ')} differs from the original. Do not change the configuration, and report this as a bug.`,
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
    'the two databases have different tables. Run the newer version of dockpass.',
  );
}

/** Registries trust these keys, so they are never replaced by other keys or removed. */
function requireSameKeys(source: readonly MovedTable[], target: readonly MovedTable[]): void {
  const keysIn = (tables: readonly MovedTable[]) => tables.find(({ name }) => name === 'sealed_keys');
  const targetKeys = keysIn(target);
  if (targetKeys === undefined || targetKeys.rows === 0 || targetKeys.digest === keysIn(source)?.digest)
    return;
  throw new DockpassError(
    'already_exists',
    'the target has signing keys of its own, so nothing was changed. Name an empty database, or empty that one if no registry trusts its keys.',
  );
}

/**
 * Requires that the target is an older copy of the source. Every change appends a row to the audit log, and each
 * row is chained to those before. So if the chain of the source contains the last row of the target, the target
 * equals an earlier state of the source, and nothing was changed there since.
 */
async function requireFormerCopy(
  source: TableCopy,
  target: TableCopy,
  tables: readonly Table[],
): Promise<void> {
  const log = tables.find(({ name }) => name === 'audit_events');
  const last = log && (await lastRow(target, log));
  if (log !== undefined && last !== undefined) {
    const text = JSON.stringify(last);
    for await (const rows of source.rows(log)) if (rows.some((row) => JSON.stringify(row) === text)) return;
  }
  throw new DockpassError(
    'already_exists',
    'the target has data that was never in this database, so nothing was changed. Name an empty database, or empty that one if its data is not needed.',
  );
}

async function lastRow(copy: TableCopy, table: Table): Promise<Row | undefined> {
  let last: Row | undefined;
  for await (const rows of copy.rows(table)) last = rows.at(-1);
  return last;
}
