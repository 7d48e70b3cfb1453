import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { containsPassword, withPassword } from '../../config/values/database-password.ts';
import type { Config } from '../../config/load.ts';
import { readYaml } from '../../config/yaml-file.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { moveStore, type MoveResult } from '../../store/migration/move-store.ts';
import { isPostgres } from '../../store/open-store.ts';
import type { TableCopy } from '../../store/migration/table-copy.ts';
import type { JsonOption } from '../cli-command.ts';
import { configOf } from '../context.ts';
import { printJson, printTable, say } from '../output.ts';
import { withProgress } from '../progress.ts';

export interface MoveStoreOptions extends JsonOption {
  readonly to?: string;
  readonly toFile?: string;
}

/** Copies the whole database to another one, and prints what the configuration must then contain. */
export async function copyStore(
  { to: given, toFile, json }: MoveStoreOptions,
  command: Command,
): Promise<void> {
  const to = readTarget(given, toFile);
  const config = await configOf(command);
  // A relative path in `--to` is relative to the current folder. A relative path in dockpass.yml is relative to the
  // folder of dockpass.yml.
  const target = isPostgres(to) ? withPassword(to, config.databasePassword) : resolve(to);
  if (target === config.database)
    throw new DockpassError(
      'bad_usage',
      'the target is the database that is already in use. Name another database.',
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
    `next: ${await describeConfigChange(config, to, toFile)}. Then start all servers with the new database.`,
  );
}

/**
 * Returns the target database. A URL with a password is accepted only from a file or from standard input, because every
 * user of the machine can see the arguments of a command in the process list.
 * @throws DockpassError `bad_usage`
 */
function readTarget(to: string | undefined, toFile: string | undefined): string {
  if ((to === undefined) === (toFile === undefined))
    throw new DockpassError('bad_usage', 'give either --to or --to-file');
  if (toFile !== undefined) return readTargetFile(toFile);
  const target = to ?? '';
  if (!isPostgres(target) || !containsPassword(target)) return target;
  throw new DockpassError(
    'bad_usage',
    '--to contains a password, and every user of this machine can see it in the process list. Write the URL to a file that only you can read, and run: dockpass move-store --to-file FILE. If other people use this machine, change the password.',
  );
}

function readTargetFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read the file in --to-file: ${messageOf(cause)}`, { cause });
  }
  const target = text.replace(/\r?\n$/, '');
  if (target !== '' && !/[\r\n]/.test(target)) return target;
  throw new DockpassError(
    'bad_usage',
    'the file in --to-file must contain one line: a postgres:// URL, or the path of a SQLite file',
  );
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

/**
 * Wraps the database from which rows are copied. For each group of rows that the wrapper reads, it calls `onRows` with
 * the name of the table, and then waits for one turn of the event loop. Without this wait, the timer that shows the
 * progress would never run, because SQLite reads synchronously.
 */
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

/** Describes how to change the configuration so that dockpass uses the new database. */
async function describeConfigChange(config: Config, to: string, toFile: string | undefined): Promise<string> {
  const line = `database: ${formatDatabase(to)}`;
  if (config.origins.get('database') === 'environment')
    return `the environment still sets the old database. The new value is ${formatDatabase(to)}. If DOCKPASS_DATABASE is set, change it to the new value. If DOCKPASS_DATABASE_FILE is set, write the new value to the file that this variable names`;
  if (isPostgres(to) && containsPassword(to))
    return toFile === undefined || toFile === '-'
      ? 'write the URL to a file that only dockpass can read, and set the environment variable DOCKPASS_DATABASE_FILE to the path of this file'
      : `set the environment variable DOCKPASS_DATABASE_FILE to ${resolve(toFile)}`;
  if (config.file === undefined) return `create the file dockpass.yml with the line "${line}"`;
  const number = (await readYaml(config.file, await readFile(config.file, 'utf8'))).lineOf(['database']);
  return number === undefined
    ? `add the line "${line}" to ${config.file}`
    : `change line ${number} of ${config.file} to "${line}"`;
}

/**
 * Formats the target database as the value of the setting `database`: an absolute path, or a URL with `…` in place of
 * its password.
 */
function formatDatabase(to: string): string {
  if (!isPostgres(to)) return resolve(to);
  return to.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:…@');
}
