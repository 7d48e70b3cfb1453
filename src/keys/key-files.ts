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
export async function createFile(path: string, text: string, mode: number): Promise<boolean> {
  const draft = await writeDraft(path, text, mode);
  try {
    // link, unlike rename, refuses to replace: of two first starts at once exactly one makes the keys.
    await link(draft, path);
    await syncDirectory(path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts a file's new content in place whole, or leaves the old one. @throws DockpassError `data_directory` */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await rename(await writeDraft(path, text, mode), path);
  await syncDirectory(path);
}

/** Takes the place of what is there, in one step. */
export async function renameFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(to);
}

async function writeDraft(path: string, text: string, mode: number): Promise<string> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    // The directory may be entered by all: the registry reads the bundle in it. The keys themselves are 0600.
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return draft;
  } catch (cause) {
    throw new DockpassError(
      'data_directory',
      `cannot write ${path}: ${messageOf(cause)}; give its folder to the user that runs dockpass`,
      { cause },
    );
  }
}

/** A process that was killed leaves its draft behind, with key material in it. Drafts live for a moment. */
export async function removeStaleDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.endsWith('.draft'))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 60_000) await rm(path, { force: true });
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
