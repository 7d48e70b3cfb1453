import { setImmediate as nextTick } from 'node:timers/promises';
import type { EventDomain } from '../events/registry-event.ts';
import type { ActorUsage, Store, Usage, UsedImage } from '../store/store.ts';
import { formatEventTime } from './event-time.ts';

/** What a person asks about the usage of images. */
export interface UsageQuestion {
  readonly repository?: string | undefined;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  /** Counts only what this user, robot or other subject did. */
  readonly by?: string | undefined;
  /** Counts what happened at this time or later, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Only images whose name contains this text. */
  readonly contains?: string | undefined;
  /** Returns false for a repository that is left out. Undefined if all are shown. */
  readonly isVisible?: ((repository: string) => boolean) | undefined;
}

/** The usage of an image under the public domains or under the private ones. Times are as in RFC 3339. */
export interface UsageView {
  /** `REPO:TAG` or `REPO@DIGEST`. */
  readonly name: string;
  readonly repository: string;
  readonly tag: string | null;
  /** For a tag, the digest in the newest event. */
  readonly digest: string | null;
  readonly pulls: number;
  /** Includes fetches of the image as part of an index, which are no pulls. */
  readonly lastPulledAt: string | null;
  /** Null for an anonymous client, and if there was no pull. */
  readonly lastPulledBy: string | null;
  readonly pushes: number;
  readonly lastPushedAt: string | null;
  readonly lastPushedBy: string | null;
  readonly domain: EventDomain;
}

export interface UsageParts {
  readonly store: Pick<Store, 'usage'>;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** The setting `events.keepRaw`, in seconds. */
  readonly keepRaw: number;
}

/** The number of images that are read at once. Between two reads, the server can answer other requests. */
const imagesAtOnce = 1000;
const dayMs = 86_400_000;

export interface UsagePage {
  readonly views: readonly UsageView[];
  /** The id after which the next page starts. Undefined if this is the last page. */
  readonly next: number | undefined;
}

/**
 * Returns the images that were used, sorted by name: those that the question names, or all. An image that is named by
 * digest is found with its digest and with the tags whose newest digest this is. The item with the given name comes
 * first.
 */
export async function readUsage(parts: UsageParts, question: UsageQuestion): Promise<UsageView[]> {
  const { views } = await readUsagePage(parts, question, 0, Infinity);
  return sortUsage(views, question);
}

/** Sorts items by name. The item with the given name comes first. */
export function sortUsage(
  views: readonly UsageView[],
  { repository, digest }: Pick<UsageQuestion, 'repository' | 'digest'>,
): UsageView[] {
  const first = digest === undefined ? '' : `${repository ?? ''}@${digest}`;
  return [...views].sort(
    (a, b) =>
      Number(b.name === first) - Number(a.name === first) ||
      compare(a.repository, b.repository) ||
      compare(a.name, b.name) ||
      compare(a.domain, b.domain),
  );
}

/**
 * Returns one page of the images that were used, in the order in which they were used for the first time. With `since`,
 * images that were not used since then are left out; with `by`, those that this subject has not used.
 * @param afterId `next` of the page before, or 0
 * @param limit the largest number of items
 */
export async function readUsagePage(
  { store: { usage }, now, keepRaw }: UsageParts,
  { by, since, ...question }: UsageQuestion,
  afterId: number,
  limit: number,
): Promise<UsagePage> {
  const span = since === undefined ? undefined : spanFrom(since, since >= now - keepRaw * 1000);
  const views: UsageView[] = [];
  let lastId = afterId;
  for await (const images of readImages(usage, question, { afterId, usedSince: span?.from })) {
    const sums =
      by === undefined && span === undefined
        ? undefined
        : await sumsOf(
            usage,
            images.map(({ id }) => id),
            span,
            by,
          );
    for (const image of images) {
      const counted = sums === undefined ? image : withSum(image, sums.get(image.id), by);
      if (counted === undefined || !isUsed(counted)) continue;
      if (views.length === limit) return { views, next: lastId };
      views.push(viewOf(counted));
      lastId = image.id;
    }
  }
  return { views, next: undefined };
}

type ImageSelection = Pick<UsageQuestion, 'repository' | 'tag' | 'digest' | 'contains' | 'isVisible'>;

/**
 * Reads the selected images in the order of their ids, in parts. A part can be empty.
 * @param from where to begin, and how many images to read at once. Between two parts, the server can answer other requests
 */
export async function* readImages(
  usage: Pick<Usage, 'images'>,
  { repository, tag, digest, contains = '', isVisible }: ImageSelection,
  from: {
    readonly afterId: number;
    readonly usedSince?: number | undefined;
    readonly limit?: number;
  } = { afterId: 0 },
): AsyncGenerator<readonly UsedImage[]> {
  const { limit = imagesAtOnce } = from;
  for (let { afterId } = from; ;) {
    const found = await usage.images({ ...from, limit, afterId, repository });
    yield found.filter(
      (image) =>
        (tag === undefined || image.tag === tag) &&
        (digest === undefined || image.digest === digest) &&
        nameOf(image).includes(contains) &&
        (isVisible?.(image.repository) ?? true),
    );
    const last = found.at(-1);
    if (last === undefined || found.length < limit) return;
    afterId = last.id;
    await nextTick();
  }
}

/** A time from which usage is counted: single events up to the first day, then whole days. */
interface Span {
  readonly from: number;
  readonly firstDay: number;
}

/**
 * @param isExact true if the single events since then are still stored. Older usage is known by day, and its first day
 *   counts as a whole
 */
function spanFrom(since: number, isExact: boolean): Span {
  const day = Math.floor(since / dayMs);
  return isExact && since > day * dayMs
    ? { from: since, firstDay: day + 1 }
    : { from: day * dayMs, firstDay: day };
}

async function sumsOf(
  usage: Usage,
  ids: readonly number[],
  span: Span | undefined,
  by: string | undefined,
): Promise<ReadonlyMap<number, Sum>> {
  const sums = new Map<number, Sum>();
  if (ids.length === 0) return sums;
  const days = await usage.days(ids, span?.firstDay ?? earliestDay, by);
  const rest =
    span === undefined || span.from === span.firstDay * dayMs
      ? []
      : await usage.between(ids, span.from, span.firstDay * dayMs);
  for (const part of [...days, ...rest.filter(({ actor }) => by === undefined || actor === by)])
    sums.set(part.image, add(sums.get(part.image), part));
  return sums;
}

/** A day before each time that an event can have. */
const earliestDay = -100_000_000;

type Sum = Pick<
  UsedImage,
  'pulls' | 'lastPulledAt' | 'lastPulledBy' | 'pushes' | 'lastPushedAt' | 'lastPushedBy'
>;

function add(sum: Sum | undefined, { actor, ...part }: ActorUsage): Sum {
  const isLastPull = part.lastPulledAt !== null && part.lastPulledAt >= (sum?.lastPulledAt ?? -Infinity);
  const isLastPush = part.lastPushedAt !== null && part.lastPushedAt >= (sum?.lastPushedAt ?? -Infinity);
  return {
    pulls: (sum?.pulls ?? 0) + part.pulls,
    lastPulledAt: isLastPull ? part.lastPulledAt : (sum?.lastPulledAt ?? null),
    lastPulledBy: isLastPull ? actor : (sum?.lastPulledBy ?? null),
    pushes: (sum?.pushes ?? 0) + part.pushes,
    lastPushedAt: isLastPush ? part.lastPushedAt : (sum?.lastPushedAt ?? null),
    lastPushedBy: isLastPush ? actor : (sum?.lastPushedBy ?? null),
  };
}

/**
 * Returns the image with the counts of a sum. Without `by`, its last pull and its last push stay those of the image,
 * because only the beginning of the time is limited, and a day does not say who came last within a second.
 */
function withSum(image: UsedImage, sum: Sum | undefined, by: string | undefined): UsedImage | undefined {
  if (sum === undefined || by !== undefined) return sum && { ...image, ...sum };
  return {
    ...image,
    pulls: sum.pulls,
    pushes: sum.pushes,
    ...(sum.lastPulledAt === null && { lastPulledAt: null, lastPulledBy: null }),
    ...(sum.lastPushedAt === null && { lastPushedAt: null, lastPushedBy: null }),
  };
}

/** False for an image whose pulls now count for another image, because of an event that arrived later. */
function isUsed({ pulls, pushes, lastPulledAt }: Sum): boolean {
  return pulls > 0 || pushes > 0 || lastPulledAt !== null;
}

/** Returns `REPO:TAG` or `REPO@DIGEST`. */
export function nameOf({ repository, tag, digest }: UsedImage): string {
  return tag === null ? `${repository}@${digest ?? ''}` : `${repository}:${tag}`;
}

function viewOf(image: UsedImage): UsageView {
  const { repository, tag, digest, domain, pulls, pushes } = image;
  return {
    name: nameOf(image),
    ...{ repository, tag, digest, pulls },
    lastPulledAt: formatEventTime(image.lastPulledAt),
    lastPulledBy: image.lastPulledBy || null,
    pushes,
    lastPushedAt: formatEventTime(image.lastPushedAt),
    lastPushedBy: image.lastPushedBy || null,
    domain,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
