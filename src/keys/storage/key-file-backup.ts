import { DockpassError } from '../../errors.ts';
import { fileKeyStore } from './file-key-store.ts';
import { isKeyFileName } from './key-store.ts';

/**
 * A key file in a backup. A backup does not contain files that are derived from keys (rootcertbundle.pem, jwks.json).
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

/**
 * Checks, before a backup is restored to a folder, that the folder contains no keys.
 * @throws DockpassError `already_exists`
 */
export async function requireNoKeyFiles(directory: string): Promise<void> {
  if ((await fileKeyStore(directory).names()).length > 0)
    throw new DockpassError(
      'already_exists',
      `${directory} already contains keys. Move them away, then restore the backup again.`,
    );
}

export async function writeKeyFiles(directory: string, files: readonly KeyFile[]): Promise<void> {
  const folder = fileKeyStore(directory);
  for (const { name, content } of files) {
    // The name comes from a backup file, which a person may have changed. So only names of key files are accepted.
    if (isKeyFileName(name)) await folder.create(name, content);
  }
}
