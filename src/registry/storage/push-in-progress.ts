import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../../files/error-code.ts';
import { blobFile, changedAt, foldersIn, repositoriesFolder } from './folders.ts';

/**
 * If nothing has been written to an upload for this long, or if the last layer is this old, the client has given up the
 * push. In milliseconds: as long as a token for pushes is valid by default.
 */
const abandonedAfterMs = 60 * 60 * 1000;

/**
 * Returns true if a push to this repository has begun and has not ended: the repository has an open upload, or a layer
 * that is newer than its newest manifest.
 *
 * A layer whose manifest was deleted is newer than the newest manifest that is left, but does not count. The registry
 * keeps the folder of a deleted manifest, and its content until garbage collection, so the layers of the deleted
 * manifest are known. If its content is gone, garbage was collected after the deletion, while no push was in progress. So
 * no layer that is older than the deletion counts. An interrupted garbage collection can leave such layers.
 * @throws the error of the file system if this process may not read the storage
 */
export async function isPushInProgress(storage: string, repository: string, now: number): Promise<boolean> {
  const folder = join(repositoriesFolder(storage), repository);
  const since = now - abandonedAfterMs;
  return (
    (await hasOpenUpload(join(folder, '_uploads'), since)) || (await hasNewLayer(storage, folder, since))
  );
}

async function hasOpenUpload(uploads: string, since: number): Promise<boolean> {
  for (const id of await foldersIn(uploads)) {
    for (const name of ['data', 'startedat', '.']) {
      if (((await changedAt(join(uploads, id, name))) ?? 0) > since) return true;
    }
  }
  return false;
}

async function hasNewLayer(storage: string, folder: string, since: number): Promise<boolean> {
  const layers: { readonly digest: string; readonly at: number }[] = [];
  for await (const { digest, at } of linksIn(join(folder, '_layers')))
    if (at !== undefined && at > since) layers.push({ digest, at });
  if (layers.length === 0) return false;
  const revisions = join(folder, '_manifests/revisions');
  const orphans = new Set<string>();
  let newest = 0;
  for await (const { digest, at } of linksIn(revisions)) {
    if (at !== undefined) newest = Math.max(newest, at);
    else {
      const blobs = await blobsOf(storage, digest);
      for (const blob of blobs ?? []) orphans.add(blob);
      // The folder changes when the link in it is deleted.
      if (blobs === undefined)
        newest = Math.max(newest, (await changedAt(join(revisions, digest.replace(':', '/')))) ?? 0);
    }
  }
  for (const { digest, at } of layers)
    if (at > newest && !orphans.has(digest) && (await changedAt(blobFile(storage, digest))) !== undefined)
      return true;
  return false;
}

/** Yields the digests in a folder of links, and when each link was written: undefined if it was deleted. */
async function* linksIn(
  folder: string,
): AsyncGenerator<{ readonly digest: string; readonly at: number | undefined }> {
  for (const algorithm of await foldersIn(folder))
    for (const hex of await foldersIn(join(folder, algorithm)))
      yield { digest: `${algorithm}:${hex}`, at: await changedAt(join(folder, algorithm, hex, 'link')) };
}

/** Returns the digests that are in a manifest. Undefined if the manifest was collected already. */
async function blobsOf(storage: string, digest: string): Promise<readonly string[] | undefined> {
  try {
    const text = await readFile(blobFile(storage, digest), 'utf8');
    return text.match(/sha(?:256|384|512):[0-9a-f]{64,128}/g) ?? [];
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
