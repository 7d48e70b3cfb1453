import { constants, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { DockpassError, messageOf } from '../errors.ts';
import { isCode } from './error-code.ts';
import { canOthersRead, type Ownership } from './permissions.ts';

/**
 * Reads a file that only its owner may read.
 * @returns undefined if the file does not exist
 * @throws DockpassError `key_files` if other users may read it, if it is not a regular file, or if it cannot be read
 */
export function readSecretFile(path: string): Promise<string | undefined> {
  return readRegularFile(path, (found) => {
    if (canOthersRead(found))
      throw new DockpassError('key_files', `other users can read ${path}. Run chmod 600 ${path}.`);
  });
}

/**
 * Reads a file that contains no secrets.
 * @returns undefined if the file does not exist
 * @throws DockpassError `key_files` if it is not a regular file, or if it cannot be read
 */
export function readPublicFile(path: string): Promise<string | undefined> {
  return readRegularFile(path, () => undefined);
}

async function readRegularFile(
  path: string,
  requireAllowed: (found: Ownership) => void,
): Promise<string | undefined> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait until another process opens it, and this may never happen.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile())
        throw new DockpassError('key_files', `${path} is not a regular file. Move it away.`);
      requireAllowed(found);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    if (isCode(cause, 'ENOENT')) return undefined;
    throw new DockpassError(
      'key_files',
      `cannot read ${path}: ${messageOf(cause)}. Run dockpass as the user that owns the file, or change its owner with chown.`,
      { cause },
    );
  }
}

/**
 * Creates a file with its whole content.
 * @returns false if the file exists already, for example because another process created it first
 * @throws DockpassError `data_directory`
 */
export function createFile(path: string, text: string, mode: number): Promise<boolean> {
  return withDraft(path, text, mode, async (draft) => {
    try {
      // Unlike rename, link fails if the file exists. So if two processes create the same file at once, exactly one
      // succeeds.
      await link(draft, path);
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    }
  });
}

/** Replaces the content of a file completely, or not at all. @throws DockpassError `data_directory` */
export function replaceFile(path: string, text: string, mode: number): Promise<void> {
  return withDraft(path, text, mode, (draft) => rename(draft, path));
}

/** Renames a file in one step. An existing file `to` is replaced. @throws DockpassError `data_directory` */
export function renameFile(from: string, to: string): Promise<void> {
  return withWriteError(to, async () => {
    await rename(from, to);
    await syncDirectory(to);
  });
}

/**
 * Writes the content to a temporary file (the draft) in the folder of `path`, calls `putInPlace` to move or link the
 * draft to `path`, and removes the draft if it still exists.
 */
function withDraft<Result>(
  path: string,
  text: string,
  mode: number,
  putInPlace: (draft: string) => Promise<Result>,
): Promise<Result> {
  const draft = `${path}.${randomUUID()}.draft`;
  return withWriteError(path, async () => {
    // Other users can read the folder, because the registry reads the trust bundle there and may run as another user.
    // Key files are protected, because each of them has mode 0600.
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    try {
      await writeSynced(draft, text, mode);
      const result = await putInPlace(draft);
      await syncDirectory(path);
      return result;
    } finally {
      await rm(draft, { force: true });
    }
  });
}

async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Runs `work`. If it throws, converts the error into a DockpassError that says what to do. */
async function withWriteError<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const isDenied = isCode(cause, 'EACCES') || isCode(cause, 'EPERM');
    const fix = isDenied
      ? 'Change the owner of the folder of this file to the user that runs dockpass (chown).'
      : 'Check that the folder of this file exists and that the disk has free space.';
    throw new DockpassError('data_directory', `cannot write ${path}: ${messageOf(cause)}. ${fix}`, { cause });
  }
}

/**
 * Removes the temporary files (drafts) of processes that were killed, because a draft can contain key material. A
 * running process needs a draft only for a moment, so a draft that is older than a minute can be removed.
 */
export async function removeStaleDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.endsWith('.draft'))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs <= 60_000) continue;
    await withWriteError(path, () => rm(path, { force: true }));
  }
}

/**
 * Syncs the directory that contains `path`. This must follow each rename, because a rename survives a power failure
 * only after the directory has been synced.
 */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
