import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes Node cache the compiled code in the folder for temporary files, so that the next start of dockpass is faster.
 * Node runs what the cache contains. Therefore the cache is used only if its folder belongs to the user of this process,
 * and no other user can write to it.
 */
export function cacheCompiledCode(): void {
  const uid = process.getuid?.();
  if (uid === undefined) return;
  const folder = join(tmpdir(), `dockpass-compiled-${uid}`);
  try {
    mkdirSync(folder, 0o700);
  } catch {
    // The folder exists already, or cannot be created.
  }
  if (isPrivate(folder, uid)) enableCompileCache(folder);
}

function isPrivate(folder: string, uid: number): boolean {
  try {
    const stats = lstatSync(folder);
    return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
