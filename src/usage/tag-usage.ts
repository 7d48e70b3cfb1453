import { formatEventTime } from './event-time.ts';
import type { ImageReference, Store, UsedImage } from '../store/store.ts';

/** How a tag was used under all domains. Times are as in RFC 3339. */
export interface TagUsage {
  /** Pulls by the tag, and by the digest that the tag has now. */
  readonly pulls: number;
  /** Includes fetches of the image as part of an index, which are no pulls. Null if there are none. */
  readonly lastPulledAt: string | null;
  /** Null for an anonymous client, and if there was no pull. */
  readonly lastPulledBy: string | null;
  readonly pushes: number;
  readonly lastPushedAt: string | null;
  readonly lastPushedBy: string | null;
}

/** A tag, and the digest that it has now. The digest is null if it is not known. */
export interface TagOfImage {
  readonly name: string;
  readonly digest: string | null;
}

/**
 * Returns how the tags of a repository were used. Pulls by digest count for each tag that has this digest, because a
 * cluster that pulls by digest needs the image as much as one that pulls by tag.
 * @returns the usage by tag. A tag that no event named is missing
 */
export async function readTagUsage(
  { usage }: Pick<Store, 'usage'>,
  repository: string,
  tags: readonly TagOfImage[],
): Promise<ReadonlyMap<string, TagUsage>> {
  const images = await usage.named(repository, tags.flatMap(referencesOf));
  const usages = new Map<string, TagUsage>();
  for (const tag of tags) {
    const own = images.filter((image) => isUseOf(image, tag));
    if (own.length > 0) usages.set(tag.name, viewOfUses(own));
  }
  return usages;
}

/** The references under which usage of a tag is counted. */
export function referencesOf({ name, digest }: TagOfImage): readonly ImageReference[] {
  return digest === null ? [{ tag: name }] : [{ tag: name }, { tag: null, digest }];
}

/** Returns true if a use of the image is a use of the tag. */
export function isUseOf(image: UsedImage, { name, digest }: TagOfImage): boolean {
  return image.tag === name || (image.tag === null && image.digest === digest);
}

/** Sums up the uses of one tag. */
export function viewOfUses(images: readonly UsedImage[]): TagUsage {
  const byTag = images.filter(({ tag }) => tag !== null);
  const pulled = latest(images, 'lastPulledAt');
  const pushed = latest(byTag, 'lastPushedAt');
  return {
    pulls: images.reduce((sum, { pulls }) => sum + pulls, 0),
    lastPulledAt: formatEventTime(pulled?.lastPulledAt),
    lastPulledBy: pulled?.lastPulledBy || null,
    pushes: byTag.reduce((sum, { pushes }) => sum + pushes, 0),
    lastPushedAt: formatEventTime(pushed?.lastPushedAt),
    lastPushedBy: pushed?.lastPushedBy || null,
  };
}

function latest(images: readonly UsedImage[], time: 'lastPulledAt' | 'lastPushedAt'): UsedImage | undefined {
  return images
    .filter((image) => image[time] !== null)
    .reduce<UsedImage | undefined>(
      (best, image) => (best === undefined || (image[time] ?? 0) > (best[time] ?? 0) ? image : best),
      undefined,
    );
}
