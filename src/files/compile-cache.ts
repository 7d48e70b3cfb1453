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
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true && stats.uid === uid && (stats.mode & 0o022) === 0)
    enableCompileCache(folder);
}
