import { stat } from 'node:fs/promises';

/**
 * Returns the modification time, size and inode of a file as one text. If this text changes, the content of the file
 * may have changed. Returns undefined if there is no file.
 */
export async function readFileStamp(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found && `${found.mtimeMs} ${found.size} ${found.ino}`;
}
