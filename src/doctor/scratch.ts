import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from '../registry/scratch-repository.ts';

export { scratch } from '../registry/scratch-repository.ts';

/**
 * Removes the folder of the scratch repository from the storage of a registry on this machine. A registry keeps the empty
 * folders of a repository whose images are all deleted, and keeps listing the repository in its catalog. This function
 * removes only empty folders, so it can never remove an image. Does nothing if the folder cannot be removed.
 * @param storage the setting `storage.filesystem.rootdirectory` of the registry
 */
export async function removeEmptyScratch(storage: string): Promise<void> {
  const [parent = '', name = ''] = scratch.split('/');
  const folder = join(storage, 'docker/registry/v2/repositories', parent);
  await removeEmptyFolders(join(folder, name));
  await rmdir(folder).catch(() => {});
}

/** Removes a folder and the folders in it, except for those that contain files. Never throws. */
async function removeEmptyFolders(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries) await removeEmptyFolders(join(folder, entry));
  await rmdir(folder).catch(() => {});
}
