import { createLru } from '../../cache/lru.ts';
import { DockpassError } from '../../errors.ts';
import { formatReference, wholeDigest, type RegistryApi } from '../../registry/api-client.ts';
import type { Blob } from '../../retention/snapshot.ts';
import { isObject, parseJsonObject } from '../images/parse-manifest.ts';

/** What retention must know of a manifest. */
export interface ManifestContent {
  readonly digest: string;
  readonly mediaType: string;
  /** The size of the manifest itself, in bytes. */
  readonly size: number;
  readonly blobs: readonly Blob[];
  readonly children: readonly string[];
  readonly subject: string | undefined;
}

/** Reads manifests, and keeps what they say, because the content of a digest never changes. */
export interface RetentionManifests {
  /**
   * Returns the manifest with this tag or digest.
   * @param expected the digest that the tag probably has. If this manifest is cached, the registry is asked only for
   *   the digest of the tag
   * @throws DockpassError `no_such_image`; `registry_refused` if dockpass cannot read the manifest completely
   */
  read(repository: string, reference: string, expected: string): Promise<ManifestContent>;
}

/** The number of manifests that are kept. One takes about 1 KiB. */
const maxManifests = 30_000;
/** Manifests that were not used for so long are forgotten, in milliseconds. */
const forgetAfterMs = 15 * 60_000;

export function createRetentionManifests(
  api: Pick<RegistryApi, 'digestOf' | 'manifest'>,
): RetentionManifests {
  let known = createLru<ManifestContent>(maxManifests);
  let timer: NodeJS.Timeout | undefined;
  return {
    read: async (repository, reference, expected) => {
      clearTimeout(timer);
      timer = setTimeout(() => (known = createLru(maxManifests)), forgetAfterMs).unref();
      if (known.get(formatReference(repository, expected)) !== undefined) {
        const digest = await api.digestOf(repository, reference);
        const manifest = known.get(formatReference(repository, digest));
        if (manifest !== undefined) return manifest;
        reference = digest;
      }
      const { digest, mediaType, content } = await api.manifest(repository, reference);
      const manifest = parseContent(repository, digest, mediaType, content);
      known.set(formatReference(repository, digest), manifest);
      return manifest;
    },
  };
}

/**
 * Parses a manifest completely. The parser of the console leaves out what it does not understand. Here, a child that is
 * left out could be deleted by mistake, so this parser throws instead.
 * @throws DockpassError `registry_refused`
 */
export function parseContent(
  repository: string,
  digest: string,
  mediaType: string,
  content: Uint8Array,
): ManifestContent {
  const fail = (): never => {
    throw new DockpassError(
      'registry_refused',
      `dockpass cannot read the manifest ${formatReference(repository, digest)} completely, so it does not know what the manifest needs. Nothing is deleted. Delete the image with "dockpass repo delete", or except its repository from the setting "retention".`,
    );
  };
  const found = parseJsonObject(content) ?? fail();
  const descriptors = (value: unknown): Blob[] => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return fail();
    return value.map((item) => descriptor(item) ?? fail());
  };
  const one = (value: unknown): Blob[] =>
    value === undefined || value === null ? [] : [descriptor(value) ?? fail()];
  // Manifests of schema 1 have `fsLayers`, and OCI artifact manifests have `blobs`.
  const oldLayers = Array.isArray(found['fsLayers'])
    ? found['fsLayers'].map((item) => descriptor({ digest: isObject(item) && item['blobSum'] }) ?? fail())
    : [];
  const manifestType = found['mediaType'];
  return {
    digest,
    mediaType: typeof manifestType === 'string' ? manifestType : mediaType,
    size: content.length,
    blobs: [
      ...one(found['config']),
      ...descriptors(found['layers']),
      ...descriptors(found['blobs']),
      ...oldLayers,
    ],
    children: descriptors(found['manifests']).map((child) => child.digest),
    subject: one(found['subject'])[0]?.digest,
  };
}

function descriptor(value: unknown): Blob | undefined {
  if (!isObject(value)) return undefined;
  const { digest, size } = value;
  if (typeof digest !== 'string' || !wholeDigest.test(digest)) return undefined;
  return { digest, size: Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : 0 };
}
