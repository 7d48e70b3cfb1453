import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../errors.ts';
import { isPostgres } from '../../store/open-store.ts';
import { examineSqlite } from '../../store/sqlite/open-sqlite.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

type DatabaseState =
  | { readonly state: 'not a file' }
  | { readonly state: 'missing'; readonly reason: string }
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'sound'; readonly mode: number };

/**
 * Checks that the SQLite database exists and is undamaged, without changing it. A PostgreSQL database is not checked,
 * because PostgreSQL checks its own files.
 */
export const database = createProbe<undefined, DatabaseState>({
  measure: async ({ config: { database: path } }) => {
    if (isPostgres(path)) return { state: 'not a file' };
    const found = await stat(path).catch(messageOf);
    if (typeof found === 'string') return { state: 'missing', reason: found };
    try {
      examineSqlite(path);
    } catch (error) {
      return { state: 'damaged', reason: messageOf(error) };
    }
    return { state: 'sound', mode: found.mode & 0o777 };
  },
  judge: (measured, _subject, { config: { database: path } }) => {
    if (measured.state === 'missing')
      return wrong('database_missing', {
        problem: `The database cannot be opened: ${measured.reason}.`,
        impact:
          'Either dockpass has never run with this configuration, or dockpass uses another configuration than doctor.',
        fix: 'If dockpass uses another configuration, run doctor with --config FILE. If the database file exists, run doctor as the user that runs dockpass. If dockpass has never run, start it once: dockpass serve',
      });
    if (measured.state === 'damaged')
      return wrong('database_unusable', {
        problem: `${measured.reason}.`,
        impact: 'Without the database, no one can log in, and dockpass cannot record any events.',
        fix: 'Follow the advice in the error message above. To restore a backup, run: dockpass restore FILE',
      });
    if (measured.state === 'not a file' || (measured.mode & 0o077) === 0) return noFindings;
    return warning('database_open', {
      problem: `Other users of this machine can read ${path} (mode ${measured.mode.toString(8)}).`,
      impact: 'The database contains password hashes.',
      fix: `chmod 600 ${path}`,
    });
  },
});

/**
 * Checks that the user that runs doctor can write to the database file, and to the directory that contains this file.
 * SQLite creates its journal file in that directory.
 */
export const databaseWritable = createProbe<undefined, string | undefined>({
  after: [database],
  measure: async ({ config: { database: path }, readOnly }) => {
    if (isPostgres(path) || readOnly) return undefined;
    for (const each of [path, dirname(path)]) {
      const reason = await access(each, constants.W_OK).then(() => undefined, messageOf);
      if (reason !== undefined) return reason;
    }
    return undefined;
  },
  judge: (reason, _subject, { config: { database: path } }) => {
    if (reason === undefined) return noFindings;
    return warning('database_not_writable', {
      problem: `The user that runs doctor cannot write to ${path}: ${reason}.`,
      impact:
        'doctor cannot create its robot, so doctor does not check logins, pushes and pulls. If the server runs as the same user as doctor, the server cannot write to the database either.',
      fix: `Run doctor as the user that runs dockpass. If you already do, make ${dirname(path)} writable for this user.`,
    });
  },
});
