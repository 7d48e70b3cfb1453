import { join } from 'node:path';
import { blobFile, blobsFolder, foldersIn, sizeOf } from './folders.ts';

/** Returns the sum of the sizes of all blobs in the storage, in bytes. */
export async function sumOfBlobs(storage: string): Promise<number> {
  const folder = blobsFolder(storage);
  let sum = 0;
  for (const algorithm of await foldersIn(folder))
    for (const prefix of await foldersIn(join(folder, algorithm)))
      for (const hex of await foldersIn(join(folder, algorithm, prefix)))
        sum += (await sizeOf(join(folder, algorithm, prefix, hex, 'data'))) ?? 0;
  return sum;
}

/** Returns the sum of the sizes of these blobs, in bytes. Blobs that do not exist count as empty. */
export async function sumOf(storage: string, digests: Iterable<string>): Promise<number> {
  let sum = 0;
  for (const digest of digests) sum += (await sizeOf(blobFile(storage, digest))) ?? 0;
  return sum;
}
