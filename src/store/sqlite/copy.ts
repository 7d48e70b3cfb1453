import Database from 'better-sqlite3';
import { DockpassError } from '../../errors.ts';
import { unknownMigrations } from '../migration/migrate.ts';
import { readSqliteSchema } from './schema.ts';
import { openSqlite } from './open-sqlite.ts';
import { tablesOfMigrations, type Row, type Table, type TableCopy } from '../migration/table-copy.ts';

/** The number of rows in one batch. */
const batchSize = 500;

/**
 * Opens the SQLite file at `path` and locks it until `close` is called on the result. Creates the file or updates its
 * schema if needed.
 * @throws DockpassError `database_busy` if a server or a command has the file open; `database` for other errors
 */
export async function copySqlite(path: string): Promise<TableCopy> {
  await (await openSqlite(path)).close();
  const database = new Database(path, { timeout: 0 });
  try {
    // This pragma must come before the first query, because it makes that query lock the whole file. The query fails if
    // another process has the file open.
    database.pragma('locking_mode = exclusive');
    database.pragma('foreign_keys = on');
    database.exec('begin immediate; commit');
    requireNoNewer(database, path);
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw inUse(path);
    throw error;
  }
  return {
    tables: async () => tablesOfMigrations().map((name) => tableOf(database, name)),
    rows: async function* (table) {
      const order = table.key.map((column) => `${quoted(column)} collate binary`).join(', ');
      const columns = table.columns.map(quoted).join(', ');
      let batch: Row[] = [];
      const all = database.prepare<[], Row>(`select ${columns} from ${quoted(table.name)} order by ${order}`);
      for (const row of all.raw().iterate()) {
        if (batch.push(row) < batchSize) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    },
    replace: async (fill) => {
      database.exec('begin immediate');
      try {
        for (const name of tablesOfMigrations().reverse()) database.exec(`delete from ${quoted(name)}`);
        await fill(async (table, rows) => {
          const marks = table.columns.map(() => '?').join(', ');
          const columns = table.columns.map(quoted).join(', ');
          const insert = database.prepare(`insert into ${quoted(table.name)} (${columns}) values (${marks})`);
          for (const row of rows) insert.run(...row);
        });
        database.exec('commit');
      } catch (error) {
        if (database.inTransaction) database.exec('rollback');
        throw error;
      }
    },
    close: async () => void database.close(),
  };
}

function inUse(path: string): DockpassError {
  return new DockpassError(
    'database_busy',
    `${path} is in use by a server or a command. Stop the server or command first, because data that it writes during or after the move would be lost.`,
  );
}

function requireNoNewer(database: Database.Database, path: string): void {
  if (unknownMigrations(readSqliteSchema(database).applied).length === 0) return;
  throw new DockpassError(
    'database',
    `${path} has tables of a newer version of dockpass. Run dockpass move-store with the newer version.`,
  );
}

interface Column {
  readonly name: string;
  readonly type: string;
  /** The position of the column in the primary key, starting at 1; 0 if the column is not part of the key. */
  readonly pk: number;
}

function tableOf(database: Database.Database, name: string): Table {
  const columns = database.pragma(`table_info(${quoted(name)})`) as Column[];
  const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  return {
    name,
    columns: columns.map((column) => column.name).sort(),
    key: key.map((column) => column.name),
    text: key.filter(({ type }) => type.toLowerCase() === 'text').map((column) => column.name),
  };
}

function quoted(name: string): string {
  return `"${name}"`;
}
