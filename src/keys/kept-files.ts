import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DockpassError } from '../errors.ts';
import { createFile, isCode, readSecretFile } from './key-files.ts';

/** What cannot be made again: keys, and the certificate of an authority before. What is published is derived. */
const worthKeeping = /^(?:authority(?:-next)?\.pem|leaves-\d+\.pem)$/;

/** The key files of a directory, for a backup. */
export async function readKeyFiles(directory: string): Promise<{ name: string; content: string }[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  const files = [];
  for (const name of names.filter((candidate) => worthKeeping.test(candidate)).sort()) {
    const content = await readSecretFile(join(directory, name));
    if (content !== undefined) files.push({ name, content });
  }
  return files;
}

/** @throws DockpassError `already_exists` where there are keys, before anything was written */
export async function requireNoKeyFiles(directory: string): Promise<void> {
  const found = await readKeyFiles(directory);
  if (found.length > 0)
    throw new DockpassError(
      'already_exists',
      `${directory} holds keys already: move them away, then restore`,
    );
}

export async function writeKeyFiles(
  directory: string,
  files: readonly { name: string; content: string }[],
): Promise<void> {
  for (const { name, content } of files) {
    // A name out of a file that came from somewhere: only those that a backup writes.
    if (worthKeeping.test(name)) await createFile(join(directory, name), content, 0o600);
  }
}
