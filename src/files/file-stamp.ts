import { statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Returns the modification time, size and inode of a file as one text. If this text changes, the content of the file
 * may have changed. Returns undefined if there is no file.
 */
export async function readFileStamp(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found && formatStamp(found);
}

/**
 * Like `readFileStamp`, but without a promise. It takes a few microseconds. The asynchronous call takes longer, because
 * another thread makes it, which may be computing a password hash.
 */
export function readFileStampSync(file: string): string | undefined {
  try {
    return formatStamp(statSync(file));
  } catch {
    return undefined;
  }
}

function formatStamp({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}
