import { wholeDigest } from '../../registry/api-client.ts';

/** A reference to content in the registry (OCI image specification, "OCI Content Descriptors"). */
export interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
  /** The size in bytes. */
  readonly size: number;
  readonly artifactType: string | null;
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** What dockpass reads in a manifest. Everything else in the manifest is ignored. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  /** The size of the manifest itself, in bytes. */
  readonly size: number;
  readonly artifactType: string | null;
  /** The digest of the manifest that this one refers to, for example the image that it signs. */
  readonly subject: string | null;
  readonly config: Descriptor | null;
  readonly layers: readonly Descriptor[];
  /** The manifests of an index, for example one for each platform. Undefined if the manifest is no index. */
  readonly manifests: readonly Descriptor[] | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Limits of what is read, because anyone who may push chooses the content. */
const maxTextLength = 1024;
const maxEntries = 1000;
const maxAnnotations = 100;

/**
 * Parses a manifest. Values of the wrong type are left out, so every text, number and digest in the result is safe to
 * use.
 * @returns undefined if the content is no JSON object
 */
export function parseManifest(digest: string, mediaType: string, content: Uint8Array): Manifest | undefined {
  const found = parseJsonObject(content);
  if (found === undefined) return undefined;
  const manifests = Array.isArray(found['manifests']) ? descriptorsIn(found['manifests']) : undefined;
  return {
    digest,
    mediaType: textOf(found['mediaType']) ?? mediaType,
    size: content.length,
    artifactType: textOf(found['artifactType']),
    subject: parseDescriptor(found['subject'])?.digest ?? null,
    config: parseDescriptor(found['config']),
    layers: descriptorsIn(found['layers']),
    manifests,
    annotations: annotationsIn(found['annotations']),
  };
}

/** Parses content as a JSON object. Returns undefined if it is anything else. */
export function parseJsonObject(content: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a text, shortened, or null if the value is no text or empty. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, maxTextLength).toWellFormed() : null;
}

/** Returns a time as in RFC 3339 in UTC, or null if the value is no time, or one of the years before 1970. */
export function timeOf(value: unknown): string | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[Tt ]/.test(value)) return null;
  const time = Date.parse(value);
  return time >= 0 && time < Date.UTC(10_000, 0) ? new Date(time).toISOString() : null;
}

/** Reads the members that a platform of an index and an image configuration have in common. */
export function parsePlatform(value: unknown): Platform | null {
  if (!isObject(value)) return null;
  const [os, architecture] = [textOf(value['os']), textOf(value['architecture'])];
  if (os === null || architecture === null || os === 'unknown') return null;
  return { os, architecture, variant: textOf(value['variant']) };
}

function descriptorsIn(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, maxEntries).flatMap((entry) => parseDescriptor(entry) ?? []);
}

function parseDescriptor(value: unknown): Descriptor | null {
  if (!isObject(value)) return null;
  const { digest, size } = value;
  if (typeof digest !== 'string' || digest.length > 200 || !wholeDigest.test(digest)) return null;
  return {
    digest,
    mediaType: textOf(value['mediaType']) ?? '',
    size: Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : 0,
    artifactType: textOf(value['artifactType']),
    platform: parsePlatform(value['platform']),
    annotations: annotationsIn(value['annotations']),
  };
}

function annotationsIn(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(
    texts
      .slice(0, maxAnnotations)
      .map(([key, text]) => [
        key.slice(0, maxTextLength).toWellFormed(),
        text.slice(0, maxTextLength).toWellFormed(),
      ]),
  );
}
