import { DockpassError } from '../../errors.ts';
import { fileKeyStore } from './file-key-store.ts';
import { isKeyFileName } from './key-store.ts';

/**
 * A key file of a folder in a backup. Files that are derived from keys (rootcertbundle.pem, jwks.json) are not part
 * of it.
 */
export interface KeyFile {
  readonly name: string;
  readonly content: string;
}

/** Reads the key files of a folder for a backup. */
export async function readKeyFiles(directory: string): Promise<KeyFile[]> {
  const folder = fileKeyStore(directory);
  const files = [];
  for (const name of await folder.names()) {
    const content = await folder.read(name);
    if (content !== undefined) files.push({ name, content });
  }
  return files;
}

/** @throws DockpassError `already_exists` if there are keys, before anything is written */
export async function requireNoKeyFiles(directory: string): Promise<void> {
  if ((await fileKeyStore(directory).names()).length > 0)
    throw new DockpassError(
      'already_exists',
      `${directory} already contains keys. Move them away, then restore.`,
    );
}

export async function writeKeyFiles(directory: string, files: readonly KeyFile[]): Promise<void> {
  const folder = fileKeyStore(directory);
  for (const { name, content } of files) {
    // The name comes from a backup file, which a person may have changed. So only names of key files are accepted.
    if (isKeyFileName(name)) await folder.create(name, content);
  }
}
