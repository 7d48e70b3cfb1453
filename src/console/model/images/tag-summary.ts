import type { ImageConfiguration } from './configuration.ts';
import type { Manifest } from './manifest.ts';
import { formatPlatform } from './platform.ts';

/** What a table shows about a tag. */
export interface TagSummary {
  readonly digest: string;
  readonly kind: Manifest['kind'];
  /** For example a chart of Helm: the type of what the manifest contains. Undefined for an image to run. */
  readonly artifactType: string | undefined;
  readonly platforms: readonly string[];
  /** The smallest and the largest image of an index, in bytes. Undefined if no size is known. */
  readonly size: { readonly min: number; readonly max: number } | undefined;
  /** The latest time at which one of the images was built, in milliseconds since the epoch. */
  readonly createdAt: number | undefined;
}

/** A manifest of one platform with its configuration, as far as they could be read. */
export interface ReadImage {
  readonly manifest: Manifest;
  readonly configuration: ImageConfiguration | undefined;
}

/** The media types of configurations of images that a container engine can run. */
const runnableTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Returns the type of an artifact that is no image to run. Undefined for an image. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  if (manifest.artifactType !== undefined) return manifest.artifactType;
  if (manifest.kind !== 'image') return undefined;
  const type = manifest.config?.mediaType ?? '';
  return type === '' || runnableTypes.has(type) ? undefined : type;
}

/**
 * Summarizes a tag.
 * @param images the image itself, or the images of an index that were read
 */
export function summarizeTag(digest: string, manifest: Manifest, images: readonly ReadImage[]): TagSummary {
  const sizes = images.flatMap(({ manifest: { kind, ...rest } }) => (kind === 'image' && 'size' in rest ? [rest.size] : []));
  const times = images.flatMap(({ configuration }) => configuration?.createdAt ?? []);
  const platforms =
    manifest.kind === 'index'
      ? manifest.images.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))
      : images.flatMap(({ configuration }) =>
          configuration?.platform === undefined ? [] : [formatPlatform(configuration.platform)],
        );
  return {
    digest,
    kind: manifest.kind,
    artifactType: artifactTypeOf(manifest),
    platforms,
    size: sizes.length === 0 ? undefined : { min: Math.min(...sizes), max: Math.max(...sizes) },
    createdAt: times.length === 0 ? undefined : Math.max(...times),
  };
}
