import { isIndex, type RegistryEvent } from './registry-event.ts';

/** How long after a HEAD of a tag, or after its index, a GET belongs to it, in milliseconds. */
export const joinWindowMs = 60_000;

/** A request for a manifest. */
export type Fetch = Pick<RegistryEvent, 'at' | 'kind' | 'tag' | 'digest' | 'mediaType' | 'children'>;

/** What a GET of a manifest counts as. `tag` is the tag with which it counts. */
export interface FetchOutcome {
  /** `child`: a client fetched it because it had fetched its index. It is no pull of its own. */
  readonly counts: 'pull' | 'child';
  readonly tag: string | null;
}

/**
 * Decides what the fetches of one client count as: those of one repository, by one actor from one address.
 * - A GET by tag is a pull of that tag.
 * - A GET by digest is a pull of the tag that the client resolved to this digest with a HEAD within the last minute. If
 *   there are several such tags, the last one counts.
 * - Otherwise, a GET by digest within a minute after an index that contains the digest belongs to the pull of the
 *   index.
 * - Otherwise, it is a pull without a tag. A HEAD alone is not a pull.
 *
 * The result depends only on the times of the events, not on the order in which they arrived. It depends only on
 * fetches within the minute before a GET, so the caller may leave out all others.
 * @param fetches in any order
 * @returns the outcome of each GET that has a tag or a digest
 */
export function countPulls<Item extends Fetch>(fetches: readonly Item[]): Map<Item, FetchOutcome> {
  const sorted = [...fetches].sort((a, b) => a.at - b.at);
  const outcomes = new Map<Item, FetchOutcome>();
  let first = 0;
  let after = 0;
  for (const fetch of sorted) {
    if (fetch.kind !== 'get' || (fetch.tag === null && fetch.digest === null)) continue;
    while ((sorted[first] as Item).at < fetch.at - joinWindowMs) first++;
    // Fetches at the same millisecond belong to the window in either order.
    while (after < sorted.length && (sorted[after] as Item).at <= fetch.at) after++;
    outcomes.set(
      fetch,
      fetch.tag === null ? byDigest(fetch, sorted, first, after) : { counts: 'pull', tag: fetch.tag },
    );
  }
  return outcomes;
}

function byDigest(fetch: Fetch, sorted: readonly Fetch[], first: number, after: number): FetchOutcome {
  let head: Fetch | undefined;
  let isChild = false;
  for (let at = after - 1; at >= first; at--) {
    const earlier = sorted[at] as Fetch;
    if (earlier.kind === 'head') {
      if (earlier.tag !== null && earlier.digest === fetch.digest && isLater(earlier, head)) head = earlier;
    } else isChild ||= contains(earlier, fetch);
  }
  if (head !== undefined) return { counts: 'pull', tag: head.tag };
  return { counts: isChild ? 'child' : 'pull', tag: null };
}

/** Of two tags that were resolved in the same millisecond, the one that comes last in the alphabet counts. */
function isLater(head: Fetch, other: Fetch | undefined): boolean {
  if (other === undefined || head.at !== other.at) return other === undefined || head.at > other.at;
  return (head.tag ?? '') > (other.tag ?? '');
}

/**
 * Returns true if `index` is an index that contains the other manifest. If the registry does not report what an index
 * contains, every image that the client fetches by digest after it counts as contained.
 */
function contains(index: Fetch, { digest, mediaType }: Fetch): boolean {
  if (!isIndex(index.mediaType) || digest === null || index.digest === digest) return false;
  return index.children === null ? !isIndex(mediaType) : index.children.includes(digest);
}
