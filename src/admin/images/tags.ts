import { DockpassError } from '../../errors.ts';
import { isMissing } from '../../registry/api-client.ts';
import type { ImageRegistry } from './image-registry.ts';
import {
  isIndexAttestation,
  kindOf,
  kindOfTypes,
  parseReferrerTag,
  referrerTagsOf,
  type ManifestKind,
} from './manifest-kind.ts';
import { timeOf, type Descriptor, type Manifest, type Platform } from './parse-manifest.ts';

/** One tag of a repository with what its manifest says. `GET /repositories/{name}/tags` answers with these objects. */
export interface TagView extends ImageSummary {
  readonly name: string;
  /** Null if the manifest cannot be read. `problem` then says why. */
  readonly digest: string | null;
  /** For a tag such as `sha256-HEX.sig`: the digest of the manifest that it belongs to. */
  readonly subject: string | null;
  /** Signatures, attestations and other manifests that refer to this one, as far as their tags show it. */
  readonly referrers: readonly Referrer[];
  readonly problem?: string;
}

export interface ImageSummary {
  readonly kind: ManifestKind | null;
  readonly mediaType: string | null;
  readonly artifactType: string | null;
  /**
   * The compressed size of the configuration and all layers in bytes, as a client downloads it. For an index, the sum for
   * all platforms. Null if it is not known.
   */
  readonly size: number | null;
  readonly created: string | null;
  readonly platforms: readonly PlatformView[];
}

/** The image for one platform. */
export interface PlatformView extends Platform {
  readonly digest: string;
  readonly size: number | null;
}

export interface Referrer {
  readonly kind: ManifestKind;
  /** The tag of the referrer. Null if it has only a digest. */
  readonly tag: string | null;
  readonly digest: string | null;
  readonly artifactType: string | null;
}

export const tagOrders = ['name', 'version'] as const;
export type TagOrder = (typeof tagOrders)[number];

export interface TagsQuestion {
  readonly repository: string;
  /** `name`: in the order of `<`. `version`: `latest` first, then the highest number first. Default: `name`. */
  readonly order?: TagOrder | undefined;
  /** The page starts with the first tag that comes after this one. */
  readonly after?: string | undefined;
  /** Only tags that contain this text. */
  readonly q?: string | undefined;
  /** If true, tags that belong to another manifest, such as `sha256-HEX.sig`, are left out. */
  readonly withoutReferrers?: boolean | undefined;
  readonly limit: number;
  /** How old the list of tags may be, in milliseconds. */
  readonly maxAgeMs: number;
}

export interface TagsPage {
  readonly tags: readonly TagView[];
  /** The last tag of the page if another page follows. */
  readonly next: string | undefined;
}

/** How many manifests of an index are read for their sizes. */
const maxIndexEntries = 50;

/**
 * Returns one page of the tags of a repository. Only the manifests of this page are read.
 * @throws DockpassError `no_such_image` if the repository does not exist; `registry_unreachable`, `registry_refused`
 */
export async function listTags(registry: ImageRegistry, question: TagsQuestion): Promise<TagsPage> {
  const { repository, order = 'name', after, q = '', withoutReferrers = false, limit, maxAgeMs } = question;
  const all = await registry.tagLists.read(repository, maxAgeMs);
  const wanted = all.filter(
    (tag) =>
      (after === undefined || comparators[order](tag, after) > 0) &&
      tag.includes(q) &&
      !(withoutReferrers && parseReferrerTag(tag) !== undefined),
  );
  const names = wanted.sort(comparators[order]).slice(0, limit);
  const known = new Set(all);
  const tags = await Promise.all(names.map((name) => viewTag(registry, repository, name, known)));
  return {
    // A tag that was deleted after the list was read is left out.
    tags: tags.filter((tag) => tag !== undefined),
    next: wanted.length > limit ? names.at(-1) : undefined,
  };
}

const numeric = new Intl.Collator('en', { numeric: true });
const compareNames = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const comparators: Readonly<Record<TagOrder, (a: string, b: string) => number>> = {
  name: compareNames,
  version: (a, b) => {
    if (a === 'latest' || b === 'latest') return Number(b === 'latest') - Number(a === 'latest');
    return numeric.compare(b, a) || compareNames(b, a);
  },
};

async function viewTag(
  registry: ImageRegistry,
  repository: string,
  name: string,
  allTags: ReadonlySet<string>,
): Promise<TagView | undefined> {
  const asReferrer = parseReferrerTag(name);
  try {
    const manifest = await registry.manifests.read(repository, name);
    const summary = await summarize(registry, repository, manifest);
    return {
      name,
      digest: manifest.digest,
      ...summary,
      ...(asReferrer && { kind: asReferrer.kind }),
      subject: asReferrer?.subject ?? manifest.subject,
      referrers: await findReferrers(registry, repository, manifest.digest, allTags),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!(error instanceof DockpassError) || error.code === 'registry_unreachable') throw error;
    const unknown = { kind: null, mediaType: null, artifactType: null, size: null, created: null };
    return {
      name,
      digest: null,
      ...unknown,
      platforms: [],
      subject: null,
      referrers: [],
      problem: error.message,
    };
  }
}

/** Reads what lists show of a manifest: for an index, also the manifests for its platforms. */
export async function summarize(
  registry: ImageRegistry,
  repository: string,
  manifest: Manifest,
): Promise<ImageSummary> {
  const { mediaType, artifactType, annotations } = manifest;
  const annotated = timeOf(annotations['org.opencontainers.image.created']);
  const shared = { kind: kindOf(manifest), mediaType, artifactType };
  if (manifest.manifests === undefined) {
    const { platform, created } = await registry.manifests.factsOf(repository, manifest);
    const size = sizeOf(manifest);
    const platforms = platform === null ? [] : [{ ...platform, digest: manifest.digest, size }];
    return { ...shared, size, created: created ?? annotated, platforms };
  }
  const images = manifest.manifests
    .filter((entry) => !isIndexAttestation(entry.annotations))
    .slice(0, maxIndexEntries);
  const entries = await Promise.all(images.map((entry) => summarizeEntry(registry, repository, entry)));
  const sizes = entries.map(({ size }) => size);
  return {
    ...shared,
    size: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    created:
      annotated ??
      (entries
        .map(({ created }) => created ?? '')
        .sort()
        .at(-1) ||
        null),
    platforms: entries.flatMap(({ platform, digest, size }) =>
      platform === null ? [] : [{ ...platform, digest, size }],
    ),
  };
}

async function summarizeEntry(registry: ImageRegistry, repository: string, { digest, platform }: Descriptor) {
  try {
    const manifest = await registry.manifests.readEntry(repository, digest);
    // An index in an index is not followed further.
    if (manifest.manifests !== undefined) return { digest, platform, size: null, created: null };
    const facts = await registry.manifests.factsOf(repository, manifest);
    return {
      digest,
      platform: platform ?? facts.platform,
      size: sizeOf(manifest),
      created: facts.created,
    };
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code === 'registry_unreachable') throw error;
    // An index can name manifests that were not pushed to this repository.
    return { digest, platform, size: null, created: null };
  }
}

function sizeOf({ config, layers }: Manifest): number {
  return layers.reduce((sum, { size }) => sum + size, config?.size ?? 0);
}

/**
 * Finds the manifests that refer to a manifest, by the tags that tools use for them.
 * @param allTags all tags of the repository
 */
export async function findReferrers(
  registry: ImageRegistry,
  repository: string,
  digest: string,
  allTags: ReadonlySet<string>,
): Promise<Referrer[]> {
  const tags = referrerTagsOf(digest).filter((tag) => allTags.has(tag));
  const found = await Promise.all(
    tags.map(async (tag): Promise<Referrer[]> => {
      const kind = parseReferrerTag(tag)?.kind ?? 'artifact';
      if (kind !== 'referrers') return [{ kind, tag, digest: null, artifactType: null }];
      try {
        const { manifests = [] } = await registry.manifests.read(repository, tag);
        return manifests.map(referrerOf);
      } catch (error) {
        if (!(error instanceof DockpassError) || error.code === 'registry_unreachable') throw error;
        return [];
      }
    }),
  );
  return found.flat();
}

/** Describes an entry of an index of referrers. */
export function referrerOf({ digest, artifactType, mediaType }: Descriptor): Referrer {
  return { kind: kindOfTypes([artifactType, mediaType]) ?? 'artifact', tag: null, digest, artifactType };
}
