import Database from 'better-sqlite3';
import { link, mkdir, open as openFile, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { DockpassError, messageOf } from '../../errors.ts';
import { missingMigrations } from '../migration/migrate.ts';
import { copyRows, distrustSchema, requireTable } from './restore.ts';
import { readSqliteSchema } from './schema.ts';

/** A key file that is stored in the backup together with the database. `name` is its file name in the key folder. */
export interface BackedUpFile {
  readonly name: string;
  readonly content: string;
}

/**
 * Writes the database and the given files into one new backup file with mode 0600. Servers can write to the database
 * during the backup. The backup file is a SQLite database, and it appears at its path only when it is complete.
 * @throws DockpassError `already_exists`, `database`, `data_directory`
 */
export async function backupSqlite(
  path: string,
  file: string,
  files: readonly BackedUpFile[],
): Promise<void> {
  await requireAbsent(file);
  const draft = `${file}.${randomUUID()}.draft`;
  const source = open(path, { fileMustExist: true });
  try {
    await createDraft(draft);
    await source.backup(draft);
    const copy = open(draft, {});
    copy.pragma('journal_mode = delete');
    copy.exec('create table backup_files (name text not null primary key, content text not null)');
    const insert = copy.prepare('insert into backup_files (name, content) values (?, ?)');
    for (const { name, content } of files) insert.run(name, content);
    copy.close();
    await putInPlace(draft, file);
  } catch (cause) {
    throw cause instanceof DockpassError ? cause : cannotWrite(file, cause);
  } finally {
    source.close();
    await rm(draft, { force: true });
  }
}

/**
 * Restores the database of a backup to `path`, which must not exist yet. Only rows are restored. The migrations create
 * the tables, because the backup may be hostile (see restore.ts).
 * @returns the files that were stored in the backup together with the database
 * @throws DockpassError `already_exists`, `database`
 */
export async function restoreSqlite(file: string, path: string): Promise<BackedUpFile[]> {
  await requireAbsent(path);
  const files = readBackup(file);
  const draft = `${path}.${randomUUID()}.draft`;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 }).catch((cause: unknown) => {
    throw cannotWrite(path, cause);
  });
  await createDraft(draft);
  try {
    const copy = open(draft, {});
    try {
      // SQLite needs a journal file only to repair a database after a crash. The draft needs none: it replaces the
      // target only when it is complete, and an incomplete draft is never used.
      copy.pragma('journal_mode = memory');
      copyRows(copy, file);
    } catch (cause) {
      if (cause instanceof DockpassError) throw cause;
      throw new DockpassError(
        'database',
        `cannot restore ${file}: ${messageOf(cause)}. If the backup is damaged, use another one.`,
        { cause },
      );
    } finally {
      copy.close();
    }
    await putInPlace(draft, path);
    return files;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Creates the empty file into which SQLite then writes, with mode 0600. If SQLite created this file, other users could
 * read the password hashes and private keys in it. SQLite gives a journal file the mode of its database file.
 */
async function createDraft(path: string): Promise<void> {
  try {
    await (await openFile(path, 'wx', 0o600)).close();
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): DockpassError {
  return new DockpassError(
    'data_directory',
    `cannot write ${path}: ${messageOf(cause)}. Choose a folder that you may write to and that has enough free space.`,
    { cause },
  );
}

function readBackup(file: string): BackedUpFile[] {
  const backup = open(file, { fileMustExist: true, readonly: true });
  try {
    distrustSchema(backup);
    const healthy = backup.pragma('quick_check', { simple: true }) === 'ok';
    if (!healthy) throw new DockpassError('database', `${file} is damaged. Use an older backup.`);
    missingMigrations(readSqliteSchema(backup));
    requireTable(backup, 'backup_files', file, 'main');
    return backup.prepare<[], BackedUpFile>('select name, content from backup_files').all();
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    throw new DockpassError('database', `${file} is not a backup. Use a file that "dockpass backup" wrote.`, {
      cause,
    });
  } finally {
    backup.close();
  }
}

function open(path: string, options: Database.Options): Database.Database {
  try {
    return new Database(path, options);
  } catch (cause) {
    throw new DockpassError(
      'database',
      `cannot open ${path}: ${messageOf(cause)}. Check the path and its permissions.`,
      { cause },
    );
  }
}

async function requireAbsent(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined)
    throw new DockpassError(
      'already_exists',
      `${path} already exists. Move the existing file away, or choose another path.`,
    );
}

/**
 * Gives the finished file `draft` its final name `path`. Uses `link` and not `rename`, because `rename` would replace a
 * file that another process has created at `path` in the meantime.
 */
async function putInPlace(draft: string, path: string): Promise<void> {
  await link(draft, path);
  await rm(draft);
}
