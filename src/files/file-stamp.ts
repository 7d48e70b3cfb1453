import { stat } from 'node:fs/promises';

/** Changes whenever the file's content may have; undefined where there is none. */
export async function readFileStamp(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found && `${found.mtimeMs} ${found.size} ${found.ino}`;
}
