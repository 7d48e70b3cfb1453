import { parseReferrerTag } from '../admin/images/manifest-kind.ts';
import type { Store, UsedImage } from '../store/store.ts';
import { readImages, type UsageQuestion } from './read-usage.ts';
import { isUseOf, referencesOf, viewOfUses, type TagUsage } from './tag-usage.ts';

export interface UnusedQuestion extends Pick<UsageQuestion, 'repository' | 'contains' | 'isVisible'> {
  /**
   * Images that were neither pulled nor pushed at this time or later, in milliseconds since the epoch. Undefined:
   * images that were never pulled.
   */
  readonly since?: number | undefined;
}

export interface UnusedParts {
  readonly store: Pick<Store, 'usage'>;
  /** Returns the tags that a repository has now. Undefined if there is no such repository. */
  readonly tagsOf: (repository: string) => Promise<ReadonlySet<string> | undefined>;
}

/** A tag that no one has pulled, under any domain, by tag or by digest. */
export interface UnusedImage extends TagUsage {
  /** `REPO:TAG`. */
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | null;
}

export interface UnusedPage {
  readonly images: readonly UnusedImage[];
  /** The id after which the next page starts. Undefined if this is the last page. */
  readonly next: number | undefined;
}

/** The number of images that are read at once. The tags of all their repositories are read too. */
const imagesAtOnce = 200;

/**
 * Returns one page of the tags that no one needs, as far as events show it, in the order in which events named them for
 * the first time. Tags that the registry no longer has are left out, and so are signatures and other tags that belong to
 * a manifest, such as `sha256-HEX.sig`. A tag that no event named is not known here.
 * @param afterId `next` of the page before, or 0
 * @throws DockpassError `registry_unreachable`, `registry_refused`
 */
export async function readUnusedPage(
  { store: { usage }, tagsOf }: UnusedParts,
  { since, ...selection }: UnusedQuestion,
  afterId: number,
  limit: number,
): Promise<UnusedPage> {
  const isIdle = ({ lastPulledAt, lastPushedAt }: UsedImage): boolean =>
    since === undefined
      ? lastPulledAt === null
      : (lastPulledAt ?? -Infinity) < since && (lastPushedAt ?? -Infinity) < since;
  const found: UnusedImage[] = [];
  let lastId = afterId;
  for await (const images of readImages(usage, selection, { afterId, limit: imagesAtOnce })) {
    const candidates = images.filter(
      (image): image is Idle =>
        image.tag !== null && isIdle(image) && parseReferrerTag(image.tag) === undefined,
    );
    const unused = await withoutOtherUses(usage, candidates, isIdle);
    const tags = await readTags(
      unused.map(({ view }) => view.repository),
      tagsOf,
    );
    for (const { id, view } of unused) {
      if (tags.get(view.repository)?.has(view.tag) !== true) continue;
      if (found.length === limit) return { images: found, next: lastId };
      found.push(view);
      lastId = id;
    }
  }
  return { images: found, next: undefined };
}

/** An image of a tag, of which no event says that someone needs it. */
interface Idle extends UsedImage {
  readonly tag: string;
}

/** Leaves out images that were used in another way: under the other kind of domain, or by digest. */
async function withoutOtherUses(
  usage: Store['usage'],
  candidates: readonly Idle[],
  isIdle: (image: UsedImage) => boolean,
): Promise<readonly { readonly id: number; readonly view: UnusedImage }[]> {
  const uses = new Map<string, readonly UsedImage[]>();
  for (const [repository, own = []] of Map.groupBy(candidates, (image) => image.repository)) {
    const references = own.flatMap(({ tag, digest }) => referencesOf({ name: tag, digest }));
    uses.set(repository, await usage.named(repository, references));
  }
  return candidates.flatMap(({ id, repository, tag, digest }) => {
    const own = (uses.get(repository) ?? []).filter((image) => isUseOf(image, { name: tag, digest }));
    // A tag that is used under both kinds of domains has two images. Only the first of them is shown.
    const isFirst = own.every((image) => image.tag === null || image.id >= id);
    if (!isFirst || !own.every(isIdle)) return [];
    return [{ id, view: { name: `${repository}:${tag}`, repository, tag, digest, ...viewOfUses(own) } }];
  });
}

/** The number of repositories whose tags are read at the same time. */
const repositoriesAtOnce = 8;

async function readTags(
  repositories: readonly string[],
  tagsOf: UnusedParts['tagsOf'],
): Promise<ReadonlyMap<string, ReadonlySet<string> | undefined>> {
  const tags = new Map<string, ReadonlySet<string> | undefined>();
  const names = [...new Set(repositories)];
  for (let at = 0; at < names.length; at += repositoriesAtOnce)
    await Promise.all(
      names.slice(at, at + repositoriesAtOnce).map(async (name) => tags.set(name, await tagsOf(name))),
    );
  return tags;
}
