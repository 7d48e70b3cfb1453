import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns the folder in which compiled code is cached, so that the next start of dockpass is faster. It is in the folder
 * for temporary files. Node runs what the cache contains. Therefore the folder is used only if it belongs to the user of
 * this process, and no other user can write to it. It is not used if NODE_DISABLE_COMPILE_CACHE is 1, as for Node itself.
 */
export function compileCacheFolder(): string | undefined {
  const uid = process.getuid?.();
  if (uid === undefined || process.env['NODE_DISABLE_COMPILE_CACHE'] === '1') return undefined;
  const folder = join(tmpdir(), `dockpass-compiled-${uid}`);
  try {
    mkdirSync(folder, 0o700);
  } catch {
    // The folder exists already, or cannot be created.
  }
  return isPrivate(folder, uid) ? folder : undefined;
}

function isPrivate(folder: string, uid: number): boolean {
  try {
    const stats = lstatSync(folder);
    return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
