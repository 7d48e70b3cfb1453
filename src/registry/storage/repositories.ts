import { join } from 'node:path';
import { foldersIn, repositoriesFolder } from './folders.ts';

/** Yields the names of all repositories in the storage, also of those that contain only an open upload. */
export async function* repositoriesIn(storage: string): AsyncGenerator<string> {
  const folders = [''];
  for (let name = folders.pop(); name !== undefined; name = folders.pop()) {
    const inside = await foldersIn(join(repositoriesFolder(storage), name));
    // The folders of the registry itself begin with an underscore, as no part of a name does.
    if (inside.some((folder) => folder.startsWith('_'))) yield name;
    for (const folder of inside)
      if (!folder.startsWith('_')) folders.push(name === '' ? folder : `${name}/${folder}`);
  }
}
