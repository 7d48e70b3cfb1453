import { DockpassError } from '../../errors.ts';
import { digestOf, type Row, type Table, type TableCopy, type TableDigest } from './table-copy.ts';

export interface MovedTable extends TableDigest {
  readonly name: string;
}

export interface Moved {
  /** Equal on both sides. */
  readonly tables: readonly MovedTable[];
  /** Was the same there already? Then nothing was written. */
  readonly wasThere: boolean;
}

/**
 * Copies every table, whole or not at all, and compares what stands on both sides then.
 * @throws DockpassError `already_exists` where the target holds what is not a former copy of the source; `database`
 */
export async function moveStore(source: TableCopy, target: TableCopy): Promise<Moved> {
  const tables = await source.tables();
  const there = await target.tables();
  requireSameTables(tables, there);
  const wanted = await digestsOf(source, tables);
  const found = await digestsOf(target, there);
  if (isSame(wanted, found)) return { tables: wanted, wasThere: true };
  requireSameKeys(wanted, found);
  if (found.some(({ rows }) => rows > 0)) await requireFormerCopy(source, target, tables);
  await target.replace(async (write) => {
    for (const table of tables) for await (const rows of source.rows(table)) await write(table, rows);
  });
  const copied = await digestsOf(target, there);
  if (isSame(wanted, copied)) return { tables: copied, wasThere: false };
  const differing = wanted.filter(({ digest }, at) => digest !== copied[at]?.digest);
  throw new DockpassError(
    'database',
    `what was copied differs in ${differing.map(({ name }) => name).join(', ')}: leave the configuration as it is, and report this`,
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
  throw new DockpassError('database', 'the two databases have different tables: run the newer dockpass');
}

/** Registries trust them: keys are never replaced by others, nor by none. */
function requireSameKeys(wanted: readonly MovedTable[], found: readonly MovedTable[]): void {
  const keysIn = (tables: readonly MovedTable[]) => tables.find(({ name }) => name === 'sealed_keys');
  const there = keysIn(found);
  if (there === undefined || there.rows === 0 || there.digest === keysIn(wanted)?.digest) return;
  throw new DockpassError(
    'already_exists',
    'the target holds signing keys of its own: nothing was changed. Name an empty database, or empty that one if no registry trusts them',
  );
}

/**
 * Every change writes a row into the audit log, chained to all before it. So where the source's chain holds the
 * target's last row, the target is how the source was at that moment, and nothing was changed there since.
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
    'the target holds data that never were in this database: nothing was changed. Name an empty database, or empty that one if nobody needs it',
  );
}

async function lastRow(copy: TableCopy, table: Table): Promise<Row | undefined> {
  let last: Row | undefined;
  for await (const rows of copy.rows(table)) last = rows.at(-1);
  return last;
}
