import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import {
  findPermissionProblems,
  findWorldWritable,
  type PermissionProblem,
} from '../../files/permissions.ts';
import { isKeyFileName } from '../../keys/storage/key-store.ts';
import { isPostgres } from '../../store/open-store.ts';

/**
 * Finds the files and folders with keys and data that other users of this machine can change or replace. It is no
 * problem if a file belongs to root, or if a group of this process can write to it, because Docker and Kubernetes mount
 * secrets and volumes in this way.
 * @param user the user that runs dockpass
 */
export async function findUnprotected(config: Config, user?: number): Promise<readonly PermissionProblem[]> {
  const { database, keys, htpasswd, file } = config;
  const names = await readdir(keys.directory).catch(() => []);
  const paths = [
    keys.directory,
    ...names.filter(isKeyFileName).map((name) => join(keys.directory, name)),
    ...[keys.authority.certificate, keys.authority.key],
    ...(isPostgres(database) ? [] : [dirname(database), database]),
    ...[config.up.directory, join(config.up.directory, 'tls')],
  ];
  // The htpasswd file and the configuration file often belong to another user than the one that runs dockpass. This is
  // no problem, so only report them if every user can write to them.
  const written = [htpasswd, file === undefined ? null : resolve(file)];
  const found = await Promise.all([
    ...[...new Set(paths)].map((path) => (path === null ? [] : findPermissionProblems(path, user))),
    ...written.map((path) => (path === null ? [] : findWorldWritable(path))),
  ]);
  return found.flat();
}

/**
 * Checks that other users cannot change keys and data. If they can, a new installation does not start. An existing
 * installation starts and logs an error, because earlier versions did not check this. With `strictPermissions`, an
 * existing installation does not start either.
 * @throws DockpassError `key_files` with the commands that fix the permissions
 */
export async function requirePermissions(
  config: Config,
  log: { error(message: string, error: unknown): void },
): Promise<void> {
  const found = await findUnprotected(config);
  if (found.length === 0) return;
  const message = `other users of this machine can change keys or data of dockpass: ${describeProblems(found)}. Run: ${fixOf(found)}`;
  if (config.strictPermissions || !(await isExisting(config))) throw new DockpassError('key_files', message);
  log.error(
    'other users of this machine can change keys or data of dockpass. A later version does not start until this is fixed',
    message,
  );
}

/** Joins problems to one text. */
export function describeProblems(found: readonly PermissionProblem[]): string {
  return found.map(({ problem }) => problem).join('; ');
}

/** Returns one command line that fixes all problems. */
export function fixOf(found: readonly PermissionProblem[]): string {
  return found.map(({ fix }) => fix).join(' && ');
}

/** Returns true if dockpass has run with this database before. */
async function isExisting({ database }: Config): Promise<boolean> {
  if (!isPostgres(database)) return existsSync(database);
  const { hasPostgresTables } = await import('../../store/postgres/schema.ts');
  return hasPostgresTables(database);
}
