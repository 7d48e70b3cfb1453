import { asArray, asCount, asObject, asText, asTextMap, type JsonObject } from './json.ts';
import { readPlatform, type Platform } from './platform.ts';

/** A reference to a blob or a manifest (OCI image specification, "descriptor"). */
export interface Descriptor {
  readonly digest: string;
  /** In bytes. 0 if the descriptor does not say it. */
  readonly size: number;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly platform?: Platform | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

interface Common {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
  /** The manifest that this manifest is about, for example the signed image. */
  readonly subject: Descriptor | undefined;
}

export interface ImageManifest extends Common {
  readonly kind: 'image';
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** The size of the configuration and of all layers as the registry stores them, in bytes. */
  readonly size: number;
}

export interface ImageIndex extends Common {
  readonly kind: 'index';
  /** One manifest for each platform. */
  readonly images: readonly Descriptor[];
  /** What docker buildx adds: provenance and SBOM, each for one of `images`. */
  readonly attestations: readonly Attestation[];
}

export interface Attestation extends Descriptor {
  /** The digest of the image that the attestation is about. */
  readonly about: string | undefined;
}

/** A manifest of a type that the console does not read, for example schema 1. */
export interface UnknownManifest extends Common {
  readonly kind: 'unknown';
}

export type Manifest = ImageManifest | ImageIndex | UnknownManifest;

/** The media types of manifests, for the header `Accept`. Without it, a registry answers with an old format. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/**
 * Reads a manifest.
 * @param contentType the header `Content-Type` of the answer; OCI manifests may leave out `mediaType`
 */
export function readManifest(json: unknown, contentType = ''): Manifest {
  const found = asObject(json) ?? {};
  const common: Common = {
    mediaType: asText(found['mediaType']) ?? (contentType.split(';')[0] ?? '').trim(),
    artifactType: asText(found['artifactType']),
    annotations: asTextMap(found['annotations']),
    subject: readDescriptor(found['subject']),
  };
  if (Array.isArray(found['manifests'])) return { kind: 'index', ...common, ...readChildren(found) };
  if (!Array.isArray(found['layers']) && asObject(found['config']) === undefined)
    return { kind: 'unknown', ...common };
  const config = readDescriptor(found['config']);
  const layers = readDescriptors(found['layers']);
  const size = (config?.size ?? 0) + layers.reduce((sum, layer) => sum + layer.size, 0);
  return { kind: 'image', ...common, config, layers, size };
}

function readChildren(found: JsonObject): Pick<ImageIndex, 'images' | 'attestations'> {
  const children = readDescriptors(found['manifests']);
  return {
    images: children.filter((child) => !isAttestation(child)),
    attestations: children.filter(isAttestation).map((child) => ({
      ...child,
      about: child.annotations.get('vnd.docker.reference.digest'),
    })),
  };
}

/** docker buildx stores attestations in the index, with the platform `unknown/unknown` and this annotation. */
function isAttestation({ annotations }: Descriptor): boolean {
  return annotations.get('vnd.docker.reference.type') === 'attestation-manifest';
}

export function readDescriptors(value: unknown): readonly Descriptor[] {
  return asArray(value).flatMap((item) => readDescriptor(item) ?? []);
}

export function readDescriptor(value: unknown): Descriptor | undefined {
  const found = asObject(value);
  const digest = asText(found?.['digest']);
  if (found === undefined || digest === undefined) return undefined;
  return {
    digest,
    size: asCount(found['size']) ?? 0,
    mediaType: asText(found['mediaType']) ?? '',
    artifactType: asText(found['artifactType']),
    platform: readPlatform(found['platform']),
    annotations: asTextMap(found['annotations']),
  };
}
