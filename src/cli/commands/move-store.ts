import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { withPassword } from '../../config/values/database-password.ts';
import type { Config } from '../../config/load.ts';
import { readYaml } from '../../config/yaml-file.ts';
import { DockpassError } from '../../errors.ts';
import { moveStore, type MoveResult } from '../../store/migration/move-store.ts';
import { isPostgres } from '../../store/open-store.ts';
import type { TableCopy } from '../../store/migration/table-copy.ts';
import { CliCommand, type JsonOption } from '../cli-command.ts';
import { configOf } from '../context.ts';
import { printJson, printTable, say } from '../output.ts';
import { withProgress } from '../progress.ts';

interface MoveStoreOptions extends JsonOption {
  readonly to: string;
}

export function moveStoreCommand(): Command {
  return new CliCommand('move-store')
    .description(
      'Copy the whole database to another one (SQLite or PostgreSQL) and compare; stop the servers first',
    )
    .requiredOption('--to <database>', 'The target: postgres://… or the path of a file')
    .jsonOption('Print the copied tables as JSON')
    .examples(
      'dockpass move-store --to postgres://dockpass@db.example.com/dockpass',
      'dockpass move-store --to /var/lib/dockpass/dockpass.db',
    )
    .action(async ({ to, json }: MoveStoreOptions, command: Command) => {
      const config = await configOf(command);
      // A relative path on the command line starts at the current folder, one in the file at the folder of the file.
      const target = isPostgres(to) ? withPassword(to, config.databasePassword) : resolve(to);
      if (target === config.database)
        throw new DockpassError(
          'bad_usage',
          '--to names the database that is already in use. Name another one.',
        );
      const { tables, wasCopiedBefore } = await copyDatabase(config.database, target);
      if (json === true) printJson(tables);
      else printTable(tables.map(({ name, rows, digest }) => ({ table: name, rows: String(rows), digest })));
      say(
        wasCopiedBefore
          ? 'the target already contains the same data. Nothing was written.'
          : 'copied; both databases contain the same data',
      );
      say(
        `next: ${await describeConfigChange(config, to)}. Then start the servers, all of them with the new database.`,
      );
    });
}

async function copyDatabase(from: string, to: string): Promise<MoveResult> {
  const source = await openCopy(from);
  try {
    const target = await openCopy(to);
    try {
      let table = '';
      const onRows = (name: string): void => void (table = name);
      return await withProgress(
        'Copying the database',
        () => moveStore(withProgressOfRows(source, onRows), target),
        () => table,
      );
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Tells which table is being read. It also lets timers run between groups of rows, because SQLite reads synchronously. */
function withProgressOfRows(copy: TableCopy, onRows: (table: string) => void): TableCopy {
  return {
    ...copy,
    rows: async function* (table) {
      for await (const rows of copy.rows(table)) {
        onRows(table.name);
        await nextTurn();
        yield rows;
      }
    },
  };
}

async function openCopy(database: string): Promise<TableCopy> {
  if (isPostgres(database)) return (await import('../../store/postgres/copy.ts')).copyPostgres(database);
  return (await import('../../store/sqlite/copy.ts')).copySqlite(database);
}

/** How the person must change the configuration, so that dockpass uses the new database. */
async function describeConfigChange(config: Config, to: string): Promise<string> {
  const line = `database: ${formatDatabase(to)}`;
  if (config.origins.get('database') === 'environment')
    return `set DOCKPASS_DATABASE (or its _FILE), which still names the old database, to ${formatDatabase(to)}`;
  if (config.file === undefined) return `write the line "${line}" to dockpass.yml`;
  const number = (await readYaml(config.file, await readFile(config.file, 'utf8'))).lineOf(['database']);
  return number === undefined
    ? `add the line "${line}" to ${config.file}`
    : `change line ${number} of ${config.file} to "${line}"`;
}

/** A path as it works in the configuration file from any folder, or a URL without its password. */
function formatDatabase(to: string): string {
  if (!isPostgres(to)) return resolve(to);
  return to.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:…@');
}
