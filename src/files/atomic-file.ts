import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { DockpassError, messageOf } from '../errors.ts';

/** Undefined where there is none. @throws DockpassError `key_files` where others may read it */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new DockpassError('key_files', `${path} may be read by others: chmod 600 ${path}`);
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    if (isCode(cause, 'ENOENT')) return undefined;
    throw new DockpassError(
      'key_files',
      `cannot read ${path}: ${messageOf(cause)}; give it to the user that runs dockpass`,
      { cause },
    );
  }
}

/**
 * Writes a file that was not there. False where another process was first: then its file counts.
 * @throws DockpassError `data_directory`
 */
export function createFile(path: string, text: string, mode: number): Promise<boolean> {
  return withDraft(path, text, mode, async (draft) => {
    try {
      // link, unlike rename, refuses to replace: of two first starts at once exactly one makes the keys.
      await link(draft, path);
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    }
  });
}

/** Puts a file's new content in place whole, or leaves the old one. @throws DockpassError `data_directory` */
export function replaceFile(path: string, text: string, mode: number): Promise<void> {
  return withDraft(path, text, mode, (draft) => rename(draft, path));
}

/** Takes the place of what is there, in one step. @throws DockpassError `data_directory` */
export function renameFile(from: string, to: string): Promise<void> {
  return orCannotWrite(to, async () => {
    await rename(from, to);
    await syncDirectory(to);
  });
}

/** Writes a draft beside the file and has it put in place; no draft is left, whatever happens. */
function withDraft<Result>(
  path: string,
  text: string,
  mode: number,
  putInPlace: (draft: string) => Promise<Result>,
): Promise<Result> {
  const draft = `${path}.${randomUUID()}.draft`;
  return orCannotWrite(path, async () => {
    // The directory may be entered by all: the registry reads the bundle in it. The keys themselves are 0600.
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

async function orCannotWrite<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const isNotOurs = isCode(cause, 'EACCES') || isCode(cause, 'EPERM');
    const mend = isNotOurs ? '; give its folder to the user that runs dockpass' : '';
    throw new DockpassError('data_directory', `cannot write ${path}: ${messageOf(cause)}${mend}`, { cause });
  }
}

/** A process that was killed leaves its draft behind, with key material in it. Drafts live for a moment. */
export async function removeStaleDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.endsWith('.draft'))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs <= 60_000) continue;
    await orCannotWrite(path, () => rm(path, { force: true }));
  }
}

/** A rename is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
