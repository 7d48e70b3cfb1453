import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../../files/error-code.ts';

// The storage of a registry with the driver `filesystem`:
// https://github.com/distribution/distribution/blob/v3.1.1/registry/storage/paths.go

export function repositoriesFolder(storage: string): string {
  return join(storage, 'docker/registry/v2/repositories');
}

export function blobsFolder(storage: string): string {
  return join(storage, 'docker/registry/v2/blobs');
}

/** Returns the path of the content of a blob. @param digest `sha256:…` */
export function blobFile(storage: string, digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return join(blobsFolder(storage), algorithm, hex.slice(0, 2), hex, 'data');
}

/** Lists the names of the folders in a folder. A folder that does not exist contains none. */
export async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Returns when a file was last changed, in milliseconds since the epoch. Undefined if it does not exist. */
export async function changedAt(path: string): Promise<number | undefined> {
  return (await statOf(path))?.mtimeMs;
}

/** Returns the size of a file in bytes. Undefined if it does not exist. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await statOf(path))?.size;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
}
