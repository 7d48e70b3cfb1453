import { stat } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { examineSqlite } from '../../store/sqlite/open-sqlite.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Is the database whole? Looked at without changing it. */
export async function database({ config }: DoctorContext): Promise<readonly Finding[]> {
  const path = config.database;
  if (/^postgres(ql)?:/.test(path)) return noFindings;
  const found = await stat(path).catch((error: unknown) => messageOf(error));
  if (typeof found === 'string')
    return wrong('database_missing', {
      problem: `the database cannot be looked at: ${found}.`,
      impact:
        'Either dockpass never ran with this configuration, or this is not the configuration that it runs with.',
      fix: 'Name the right one with --config FILE, run doctor as the user that runs dockpass, or start dockpass once (dockpass serve).',
    });
  try {
    examineSqlite(path);
  } catch (error) {
    return wrong('database_unusable', {
      problem: `${messageOf(error)}.`,
      impact: 'Without it nobody can log in, and nothing is recorded.',
      fix: 'As the line above says; a backup comes back with: dockpass restore FILE',
    });
  }
  if ((found.mode & 0o077) === 0) return noFindings;
  return warning('database_open', {
    problem: `other users of this machine may read ${path} (mode ${(found.mode & 0o777).toString(8)}).`,
    impact: 'It holds the hashes of passwords.',
    fix: `chmod 600 ${path}`,
  });
}
