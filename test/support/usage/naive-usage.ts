import { isIndex, type PlacedEvent } from '../../../src/events/registry-event.ts';

/** The counts of one image as the rule of the contract gives them, computed in the simplest way. */
export interface NaiveImage {
  digest: string | null;
  pulls: number;
  lastPulledAt: number | null;
  lastPulledBy: string | null;
  pushes: number;
  lastPushedAt: number | null;
  lastPushedBy: string | null;
}

const minuteMs = 60_000;

/** Says what a GET counts as, by looking at all other events. */
export function naiveOutcome(
  event: PlacedEvent,
  all: readonly PlacedEvent[],
): { counts: 'pull' | 'child'; tag: string | null } | undefined {
  if (event.kind !== 'get' || (event.tag === null && event.digest === null)) return undefined;
  if (event.tag !== null) return { counts: 'pull', tag: event.tag };
  const before = all.filter(
    (other) =>
      other.repository === event.repository &&
      other.actor === event.actor &&
      other.address === event.address &&
      event.at - other.at >= 0 &&
      event.at - other.at <= minuteMs,
  );
  const heads = before.filter(
    ({ kind, tag, digest }) => kind === 'head' && tag !== null && digest === event.digest,
  );
  if (heads.length > 0) {
    const at = Math.max(...heads.map((head) => head.at));
    const tags = heads.filter((head) => head.at === at).map(({ tag }) => tag ?? '');
    return { counts: 'pull', tag: tags.sort().at(-1) ?? null };
  }
  const indexes = before.filter(
    ({ kind, mediaType, digest }) => kind === 'get' && isIndex(mediaType) && digest !== event.digest,
  );
  const isChild = indexes.some(({ children }) =>
    children === null ? !isIndex(event.mediaType) : children.includes(event.digest ?? ''),
  );
  return { counts: isChild ? 'child' : 'pull', tag: null };
}

/**
 * Counts events, each id once. The keys of the result are `DOMAIN REPO:TAG` and `DOMAIN REPO@DIGEST`.
 * @param actor counts only the events of this actor. The counts of an image still depend on nothing else
 */
export function naiveUsage(events: readonly PlacedEvent[], actor?: string): Map<string, NaiveImage> {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
  const images = new Map<string, NaiveImage & { digestAt: number }>();
  for (const event of distinct) {
    const outcome =
      event.kind === 'push' && (event.tag ?? event.digest) !== null
        ? { counts: 'push', tag: event.tag }
        : naiveOutcome(event, distinct);
    if (outcome === undefined || (actor !== undefined && event.actor !== actor)) continue;
    const name =
      outcome.tag === null
        ? `${event.repository}@${event.digest ?? ''}`
        : `${event.repository}:${outcome.tag}`;
    const key = `${event.domain} ${name}`;
    const image = images.get(key) ?? {
      ...{ digest: null, digestAt: -Infinity, pulls: 0, lastPulledAt: null, lastPulledBy: null },
      ...{ pushes: 0, lastPushedAt: null, lastPushedBy: null },
    };
    images.set(key, image);
    const { at } = event;
    if (at > image.digestAt || (at === image.digestAt && (event.digest ?? '') > (image.digest ?? '')))
      Object.assign(image, { digest: event.digest, digestAt: at });
    if (outcome.counts === 'push') {
      image.pushes++;
      if (
        at > (image.lastPushedAt ?? -Infinity) ||
        (at === image.lastPushedAt && event.actor > (image.lastPushedBy ?? ''))
      )
        Object.assign(image, { lastPushedAt: at, lastPushedBy: event.actor });
      continue;
    }
    if (outcome.counts === 'pull') image.pulls++;
    if (
      at > (image.lastPulledAt ?? -Infinity) ||
      (at === image.lastPulledAt && event.actor > (image.lastPulledBy ?? ''))
    )
      Object.assign(image, { lastPulledAt: at, lastPulledBy: event.actor });
  }
  return new Map([...images].map(([key, { digestAt: _, ...image }]) => [key, image]));
}
