import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DockpassError } from '../../errors.ts';
import {
  createFile,
  readPublicFile,
  readSecretFile,
  removeStaleDrafts,
  renameFile,
  replaceFile,
} from '../../files/atomic-file.ts';
import { isCode } from '../../files/error-code.ts';
import { isKeyFileName, isPublic, type KeyStore } from './key-store.ts';

/**
 * Opens a key store that consists of files in a folder. Files with private keys have mode 0600. Several processes can
 * share the folder.
 */
export function fileKeyStore(directory: string): KeyStore {
  const path = (name: string): string => join(directory, name);
  const mode = (name: string): number => (isPublic(name) ? 0o644 : 0o600);
  return {
    names: async () => (await namesIn(directory)).filter(isKeyFileName).sort(),
    read: (name) => (isPublic(name) ? readPublicFile(path(name)) : readSecretFile(path(name))),
    create: (name, text) => createFile(path(name), text, mode(name)),
    replace: (name, text) => replaceFile(path(name), text, mode(name)),
    rename: (from, to) => renameFile(path(from), path(to)),
    remove: (name) => rm(path(name), { force: true }),
    removeLeftovers: () => removeStaleDrafts(directory),
    describe: path,
    moveAwayHint: (name) => `Move ${path(name)} away`,
  };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return [];
    throw new DockpassError(
      'key_files',
      `cannot read ${directory}. Change the owner of this folder to the user that runs dockpass (chown).`,
      {
        cause,
      },
    );
  }
}
