import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { withPassword } from '../../config/values/database-password.ts';
import type { Config } from '../../config/load.ts';
import { readYaml } from '../../config/yaml-file.ts';
import { DockpassError } from '../../errors.ts';
import { moveStore } from '../../store/migration/move-store.ts';
import { isPostgres } from '../../store/open-store.ts';
import type { TableCopy } from '../../store/migration/table-copy.ts';
import { configOf } from '../context.ts';
import { printTable, say } from '../output.ts';

export function moveStoreCommand(): Command {
  return new Command('move-store')
    .description(
      'copy the whole database into another, SQLite or PostgreSQL, and compare; servers are stopped',
    )
    .requiredOption('--to <database>', 'postgres://…, or the path of a file')
    .action(async ({ to }: { to: string }, command: Command) => {
      const config = await configOf(command);
      // A path is seen from where the person stands; in the configuration, from its folder.
      const wanted = isPostgres(to) ? withPassword(to, config.databasePassword) : resolve(to);
      if (wanted === config.database)
        throw new DockpassError('bad_usage', '--to names the database that is in use already');
      const source = await openCopy(config.database);
      try {
        const target = await openCopy(wanted);
        try {
          const { tables, wasThere } = await moveStore(source, target);
          printTable(tables.map(({ name, rows, digest }) => ({ table: name, rows: String(rows), digest })));
          say(
            wasThere ? 'the same is there already: nothing was written' : 'copied, and equal on both sides',
          );
        } finally {
          await target.close();
        }
      } finally {
        await source.close();
      }
      say(`next: ${await whatToChange(config, to)}; then start the servers, and not one on the old database`);
    });
}

async function openCopy(database: string): Promise<TableCopy> {
  if (isPostgres(database)) return (await import('../../store/postgres/copy.ts')).copyPostgres(database);
  return (await import('../../store/sqlite/copy.ts')).copySqlite(database);
}

async function whatToChange(config: Config, to: string): Promise<string> {
  const line = `database: ${shown(to)}`;
  if (config.origins.get('database') === 'environment')
    return `give DOCKPASS_DATABASE (or its _FILE) the new database, now it names the old one: ${shown(to)}`;
  if (config.file === undefined) return `write the line "${line}" into dockpass.yml`;
  const number = (await readYaml(config.file, await readFile(config.file, 'utf8'))).lineOf(['database']);
  return number === undefined
    ? `add the line "${line}" to ${config.file}`
    : `make line ${number} of ${config.file} "${line}"`;
}

/** A path as it has to stand in the file, whose folder it would be relative to; a URL without its password. */
function shown(to: string): string {
  if (!isPostgres(to)) return resolve(to);
  return to.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:…@');
}
