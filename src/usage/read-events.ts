import { setImmediate as nextTick } from 'node:timers/promises';
import { formatTime } from '../admin/views/time.ts';
import type { EventDomain } from '../events/registry-event.ts';
import type { EventPlace, ReceivedEvent, Store, UsedImage } from '../store/store.ts';
import { createTokenFinder, type UsedTokenView } from './find-token.ts';
import { nameOf, readImages, type UsageQuestion } from './read-usage.ts';

/** The images whose events a person wants to see. */
export interface EventQuestion extends Pick<UsageQuestion, 'tag' | 'digest' | 'by' | 'since'> {
  readonly repository: string;
}

/** A pull or a push, with the token that allowed it. */
export interface UsageEventView {
  /** `REPO:TAG` or `REPO@DIGEST`: the image for which it counts. */
  readonly name: string;
  /** The time of the registry, as in RFC 3339. */
  readonly time: string;
  /** `part`: the client fetched the image as part of an index, which is no pull of its own. */
  readonly action: 'pull' | 'part' | 'push';
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  /** Null for an anonymous client. */
  readonly user: string | null;
  readonly domain: EventDomain;
  readonly host: string;
  readonly address: string;
  /** The User-Agent. */
  readonly client: string;
  /** Null if the audit log has no row about it, for example because the row is older than `audit.keep`. */
  readonly token: UsedTokenView | null;
}

export interface EventPage {
  readonly views: readonly UsageEventView[];
  /** Where the next page begins. Undefined if this is the last page. */
  readonly next: EventPlace | undefined;
}

export interface EventParts {
  readonly store: Pick<Store, 'usage' | 'auditLog'>;
  /** The longest lifetime of a registry token, in seconds. */
  readonly tokenLifetime: number;
}

/**
 * Returns the stored pulls and pushes of some images, the latest first, each with the token that the audit log knows.
 * @param page.before `next` of the page before
 * @param page.limit the largest number of items
 * @param page.budgetMs if the search has taken this long, the page ends with the items found so far
 */
export async function readUsageEvents(
  { store: { usage, auditLog }, tokenLifetime }: EventParts,
  { by: actor, since, ...question }: EventQuestion,
  {
    before,
    limit,
    budgetMs = Infinity,
  }: { readonly before?: EventPlace | undefined; readonly limit: number; readonly budgetMs?: number },
): Promise<EventPage> {
  const images = new Map<number, UsedImage>();
  for await (const some of readImages(usage, question)) for (const image of some) images.set(image.id, image);
  const findToken = createTokenFinder(auditLog, tokenLifetime);
  const end = performance.now() + budgetMs;
  const views: UsageEventView[] = [];
  let place = before;
  for (;;) {
    const found = await usage.events({ images: [...images.keys()], actor, since, before: place, limit });
    for (const event of found) {
      if (views.length === limit || (views.length > 0 && performance.now() > end))
        return { views, next: place };
      place = { at: event.at, seq: event.seq };
      if (question.digest !== undefined && event.digest !== question.digest) continue;
      const image = images.get(event.image as number) as UsedImage;
      views.push(viewOf(event, image, await findToken(event)));
      await nextTick();
    }
    if (found.length < limit) return { views, next: undefined };
    await nextTick();
  }
}

function viewOf(event: ReceivedEvent, image: UsedImage, token: UsedTokenView | null): UsageEventView {
  const { repository, digest, actor, domain, host, address, userAgent, counts } = event;
  return {
    name: nameOf(image),
    time: formatTime(Math.floor(event.at / 1000)),
    action: counts === 'push' ? 'push' : counts === 'child' ? 'part' : 'pull',
    ...{ repository, tag: image.tag, digest, user: actor || null, domain, host, address, client: userAgent },
    token,
  };
}
