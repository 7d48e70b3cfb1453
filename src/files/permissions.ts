import type { Stats } from 'node:fs';
import { access, constants, lstat, stat } from 'node:fs/promises';
import { isCode } from './error-code.ts';

/** A file or folder that another user of this machine can change or replace. */
export interface PermissionProblem {
  /** A sentence that names the path and says who can change it, without a full stop. */
  readonly problem: string;
  /** The command that fixes the problem. */
  readonly fix: string;
}

/** The mode, owner and group of a file. */
export type Ownership = Pick<Stats, 'mode' | 'uid' | 'gid'>;

/**
 * Returns true if other users can read the file. If a file belongs to root and only a group of this process can read
 * it, the result is false, because Kubernetes mounts secrets in this way: if `fsGroup` is set, they have the mode 0440.
 */
export function canOthersRead({ mode, uid, gid }: Ownership): boolean {
  if ((mode & 0o007) !== 0) return true;
  if ((mode & 0o070) === 0) return false;
  return !(uid === 0 && process.geteuid?.() !== 0 && ownGroups().has(gid));
}

/**
 * Returns true if other users can write to the file or folder. The groups of this process do not count as other users,
 * because Kubernetes mounts volumes that such a group can write to.
 */
function canOthersWrite({ mode, gid }: Ownership): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !ownGroups().has(gid));
}

/**
 * Finds the reasons why users other than `user` and root can change a file or folder. There are none if nothing exists
 * at `path`, or if its file system is read-only.
 * @param user the user that runs dockpass
 */
export async function findPermissionProblems(
  path: string,
  user = process.geteuid?.(),
): Promise<PermissionProblem[]> {
  const found = await statIfExists(path);
  // Windows has no owners and modes as POSIX defines them.
  if (found === undefined || user === undefined || (await isReadOnly(path))) return [];
  return [
    ...(found.uid === user || found.uid === 0
      ? []
      : [{ problem: `${path} belongs to another user (${found.uid})`, fix: `chown ${user} ${path}` }]),
    ...writeProblems(path, found),
  ];
}

/** Checks only that a file is not writable for everyone. Does not check its owner and its group. */
export async function findWorldWritable(path: string): Promise<PermissionProblem[]> {
  const found = await statIfExists(path);
  if (found === undefined || process.geteuid === undefined || (found.mode & 0o002) === 0) return [];
  return (await isReadOnly(path)) ? [] : writeProblems(path, found);
}

/**
 * Returns true if the file at `path` is a regular file that only this user, root or the owner of its folder can change.
 * Returns false for a symbolic link, because its target may be anywhere.
 */
export async function isProtectedFile(path: string, folder: string): Promise<boolean> {
  const [found, around] = await Promise.all([lstat(path).catch(() => undefined), statIfExists(folder)]);
  if (found === undefined || !found.isFile()) return false;
  const owners = [process.geteuid?.(), 0, around?.uid];
  return process.geteuid === undefined || (owners.includes(found.uid) && !canOthersWrite(found));
}

function writeProblems(path: string, found: Ownership): PermissionProblem[] {
  if (!canOthersWrite(found)) return [];
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return [{ problem: `other users can write to ${path} (mode ${mode})`, fix: `chmod go-w ${path}` }];
}

function ownGroups(): ReadonlySet<number> {
  const effective = process.getegid?.();
  return new Set([...(process.getgroups?.() ?? []), ...(effective === undefined ? [] : [effective])]);
}

async function statIfExists(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/** Returns true if the file system of `path` is read-only, so that no one can write there, whatever the mode is. */
async function isReadOnly(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => false,
    (error: unknown) => isCode(error, 'EROFS'),
  );
}
