import { DockpassError } from '../../errors.ts';
import { fileKeyStore } from './file-key-store.ts';
import { isKeyFileName } from './key-store.ts';

/** A key file of a folder, as a backup holds it. What is published is derived, and not among them. */
export interface KeyFile {
  readonly name: string;
  readonly content: string;
}

/** The key files of a directory, for a backup. */
export async function readKeyFiles(directory: string): Promise<KeyFile[]> {
  const folder = fileKeyStore(directory);
  const files = [];
  for (const name of await folder.names()) {
    const content = await folder.read(name);
    if (content !== undefined) files.push({ name, content });
  }
  return files;
}

/** @throws DockpassError `already_exists` where there are keys, before anything was written */
export async function requireNoKeyFiles(directory: string): Promise<void> {
  if ((await fileKeyStore(directory).names()).length > 0)
    throw new DockpassError(
      'already_exists',
      `${directory} holds keys already: move them away, then restore`,
    );
}

export async function writeKeyFiles(directory: string, files: readonly KeyFile[]): Promise<void> {
  const folder = fileKeyStore(directory);
  for (const { name, content } of files) {
    // A name out of a file that came from somewhere: only those that a backup writes.
    if (isKeyFileName(name)) await folder.create(name, content);
  }
}
