import type { UsageView } from './read-usage.ts';

export const usageOrders = ['firstUse', 'pulls', 'lastUse'] as const;
export type UsageOrder = (typeof usageOrders)[number];
/** An order that needs all images before the first one is known. */
export type UsageRanking = Exclude<UsageOrder, 'firstUse'>;

/**
 * The place of an image in a ranking: the number by which it is ranked, and its name and domain, which decide between
 * images with the same number.
 */
export type Place = readonly [number: number, name: string];

/**
 * Returns the images with the highest numbers, highest first: `pulls` ranks by the number of pulls, `lastUse` by the
 * time of the last pull or push. Keeps only as many images as the page has, because there can be 100,000.
 * @param after the place of the last image of the page before
 * @param limit the largest number of images
 */
export function rankUsage(
  views: Iterable<UsageView>,
  ranking: UsageRanking,
  after: Place | undefined,
  limit: number,
): UsageView[] {
  const best: { readonly place: Place; readonly view: UsageView }[] = [];
  for (const view of views) {
    const place = placeOf(view, ranking);
    if (after !== undefined && comparePlaces(place, after) <= 0) continue;
    const last = best.at(-1);
    if (best.length === limit && last !== undefined && comparePlaces(place, last.place) >= 0) continue;
    best.splice(indexFor(best, place), 0, { place, view });
    if (best.length > limit) best.pop();
  }
  return best.map(({ view }) => view);
}

/** The longest part of a name that decides between images with the same number, so that a cursor stays short. */
const maxNameLength = 400;

export function placeOf(view: UsageView, ranking: UsageRanking): Place {
  const number = ranking === 'pulls' ? view.pulls : timeOf(view.lastPulledAt, view.lastPushedAt);
  return [number, `${view.name.slice(0, maxNameLength)} ${view.domain}`.replaceAll('\0', '')];
}

function timeOf(...times: readonly (string | null)[]): number {
  return Math.max(...times.map((time) => (time === null ? 0 : Date.parse(time))));
}

/** Negative if the first place is before the second. The highest number is first. */
function comparePlaces([number, name]: Place, [otherNumber, otherName]: Place): number {
  return otherNumber - number || (name < otherName ? -1 : Number(name > otherName));
}

/** Returns the index at which a place belongs into the sorted list. */
function indexFor(sorted: readonly { readonly place: Place }[], place: Place): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle]?.place;
    if (other !== undefined && comparePlaces(other, place) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
