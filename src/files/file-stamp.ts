import { stat } from 'node:fs/promises';

/** Returns a text that changes if the content of the file may have changed; undefined if there is no file. */
export async function readFileStamp(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found && `${found.mtimeMs} ${found.size} ${found.ino}`;
}
