import { useEffect, useState } from 'preact/hooks';
import type { Descriptor } from '../model/images/manifest.ts';
import { artifactTypeOf, summarizeTag, type ReadImage, type TagSummary } from '../model/images/tag-summary.ts';
import { ApiError } from './problem.ts';
import { fetchConfiguration, fetchManifest, type StoredManifest } from './registry.ts';

export type TagState = TagSummary | ApiError | undefined;

/** How many tags are read at the same time. Browsers open at most six connections to a server without HTTP/2. */
const parallelCount = 6;
/** How many images of an index are read to find out their sizes. */
const maxImages = 8;

/** Reads what the table shows about the tags of a page, a few at a time. The result grows with each answer. */
export function useTagSummaries(repository: string, tags: readonly string[]): ReadonlyMap<string, TagState> {
  const [found, setFound] = useState<ReadonlyMap<string, TagState>>(new Map());
  const key = JSON.stringify([repository, tags]);
  useEffect(() => {
    const controller = new AbortController();
    const waiting = [...tags];
    const work = async (): Promise<void> => {
      for (let tag = waiting.shift(); tag !== undefined; tag = waiting.shift()) {
        const read: TagState = await readSummary(repository, tag, controller.signal).catch((error: unknown) =>
          error instanceof ApiError ? error : undefined,
        );
        if (controller.signal.aborted) return;
        const name = tag;
        setFound((old) => new Map([...old, [name, read]]));
      }
    };
    setFound(new Map());
    for (let count = 0; count < parallelCount; count++) void work();
    return () => controller.abort();
  }, [key]);
  return found;
}

async function readSummary(repository: string, tag: string, signal: AbortSignal): Promise<TagSummary> {
  const { digest, manifest } = await fetchManifest(repository, tag, signal);
  return summarizeTag(digest, manifest, await readImages(repository, { digest, manifest }, signal));
}

/** Reads the image, or the images of an index. If one is missing, for example because it was deleted, it is left out. */
export async function readImages(
  repository: string,
  { digest, manifest }: StoredManifest,
  signal: AbortSignal,
): Promise<readonly ReadImage[]> {
  if (manifest.kind !== 'index') return [await readImage(repository, { digest, manifest }, signal)];
  const children = manifest.images.slice(0, maxImages);
  const read = await Promise.all(
    children.map((child: Descriptor) =>
      fetchManifest(repository, child.digest, signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }),
    ),
  );
  return Promise.all(
    // The images of an index are built together, so the time of the first one is that of the index.
    read.flatMap((child, at) =>
      child === undefined
        ? []
        : [at === 0 ? readImage(repository, child, signal) : { manifest: child.manifest, configuration: undefined }],
    ),
  );
}

async function readImage(
  repository: string,
  { manifest }: StoredManifest,
  signal: AbortSignal,
): Promise<ReadImage> {
  // The configuration of an artifact is not that of an image, and can be anything.
  if (manifest.kind !== 'image' || manifest.config === undefined || artifactTypeOf(manifest) !== undefined)
    return { manifest, configuration: undefined };
  const configuration = await fetchConfiguration(repository, manifest.config.digest, signal).catch(
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    },
  );
  return { manifest, configuration };
}
