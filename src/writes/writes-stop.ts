import { chmod, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DockpassError, messageOf } from '../errors.ts';
import { replaceFile } from '../files/atomic-file.ts';
import { isCode } from '../files/error-code.ts';
import { stoppedFile, traefikStoppedFile, traefikStoppedTemplate } from './names.ts';

// Writes are stopped while a file exists in the folder `writes.directory`. The edges look for it (src/writes/names.ts).

/** Who has stopped writes, when, and why. */
export interface WritesStop {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The person or the schedule. */
  readonly by: string;
  /** `gc` if a garbage collection of `dockpass up` has stopped writes, and starts them again. */
  readonly reason: 'command' | 'gc';
  /** If a garbage collection has stopped writes: who had stopped them before. They stay stopped afterwards. */
  readonly before?: WritesStop;
}

/**
 * Reads whether writes are stopped. A file that dockpass did not write counts too, because the edge looks only whether
 * it exists.
 * @returns undefined if writes are not stopped
 * @throws DockpassError `data_directory` if that cannot be found out
 */
export async function readWritesStop(directory: string): Promise<WritesStop | undefined> {
  const path = join(directory, stoppedFile);
  try {
    const [text, { mtimeMs }] = [await readFile(path, 'utf8'), await stat(path)];
    return (
      parse(parseJson(text)) ?? { since: Math.floor(mtimeMs), by: 'an unknown person', reason: 'command' }
    );
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return undefined;
    throw new DockpassError(
      'data_directory',
      `cannot read ${path}, so it is not known whether pushes are stopped: ${messageOf(error)}. Run dockpass as the user that runs the server.`,
      { cause: error },
    );
  }
}

function parse(value: unknown): WritesStop | undefined {
  const { since, by, reason, before } = Object(value) as Record<string, unknown>;
  if (typeof since !== 'number' || typeof by !== 'string') return undefined;
  const earlier = parse(before);
  return { since, by, reason: reason === 'gc' ? 'gc' : 'command', ...(earlier && { before: earlier }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes the edge stop writes. Users other than that of dockpass must be able to see the file, because the edge often
 * runs as another user.
 * @throws DockpassError `data_directory`
 */
export async function stopWrites(directory: string, stop: WritesStop): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  // The umask may have removed the rights of other users. If the folder belongs to another user, its rights stay.
  await chmod(directory, 0o755).catch(() => undefined);
  const path = join(directory, stoppedFile);
  await replaceFile(path, `${JSON.stringify(stop)}\n`, 0o644);
  await chmod(path, 0o644);
  // Only the folder of Traefik's configuration has this file.
  const template = await readFile(join(directory, traefikStoppedTemplate), 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (template !== undefined) await replaceFile(join(directory, traefikStoppedFile), template, 0o644);
}

/** Makes the edge pass on writes again. Does nothing if they are not stopped. */
export async function startWrites(directory: string): Promise<void> {
  for (const name of [traefikStoppedFile, stoppedFile]) await rm(join(directory, name), { force: true });
}
