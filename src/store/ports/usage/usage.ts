import type { EventDomain, PlacedEvent } from '../../../events/registry-event.ts';
import type { ObservedRepository, RepositoryHistory, UsageTimes } from '../retention/history.ts';

/**
 * An image for which usage is counted: a tag, with all digests that it has had, or a digest that was pulled or pushed
 * without a tag. Images of public domains and of private ones are counted separately. Times are in milliseconds since
 * the epoch.
 */
export interface UsedImage {
  readonly id: number;
  readonly repository: string;
  readonly tag: string | null;
  /** For a tag: the digest in the newest event. */
  readonly digest: string | null;
  readonly domain: EventDomain;
  readonly pulls: number;
  /** Includes fetches of an image as part of an index, which are no pulls. Null if there are none. */
  readonly lastPulledAt: number | null;
  /** Empty for an anonymous client. */
  readonly lastPulledBy: string | null;
  readonly pushes: number;
  readonly lastPushedAt: number | null;
  readonly lastPushedBy: string | null;
}

/** How often one actor has used an image. */
export interface ActorUsage {
  readonly image: number;
  readonly actor: string;
  readonly pulls: number;
  /** In milliseconds since the epoch. Days store it to the second. */
  readonly lastPulledAt: number | null;
  readonly pushes: number;
  readonly lastPushedAt: number | null;
}

export interface DayUsage extends ActorUsage {
  /** The day in UTC, as the number of days since the epoch. */
  readonly day: number;
}

/** How often images were used on one day, by all actors together. */
export type DayTotal = Pick<DayUsage, 'day' | 'pulls' | 'pushes'>;

/** A tag, or a digest that was used without a tag. The tag of such a digest is null. */
export type ImageReference = { readonly tag: string } | { readonly tag: null; readonly digest: string };

export interface ImageFilter {
  readonly limit: number;
  /** Only images with a higher id are returned. */
  readonly afterId: number;
  readonly repository?: string | undefined;
  /** Only images with a pull or a push at this time or later. */
  readonly usedSince?: number | undefined;
}

/** What an event counts as. `child`: the client fetched the image as part of an index, which is no pull of its own. */
export type EventCount = 'pull' | 'child' | 'push';

/** An event as it is stored. */
export interface ReceivedEvent extends PlacedEvent {
  /** The number of the event in the order of arrival. */
  readonly seq: number;
  /** In milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Null if the event does not count, for example a HEAD. */
  readonly counts: EventCount | null;
  /** The id of the image for which the event counts. */
  readonly image: number | null;
}

/** The place of an event in the order of `Usage.events`: the latest time first, then the highest number. */
export type EventPlace = Pick<ReceivedEvent, 'at' | 'seq'>;

export interface EventQuery {
  /** The ids of the images for which the events count. */
  readonly images: readonly number[];
  /** Only events of this actor. */
  readonly actor?: string | undefined;
  /** The earliest time of the events, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Only events after this place, which are older events. */
  readonly before?: EventPlace | undefined;
  readonly limit: number;
}

export interface ArrivalQuery {
  /** Only events with a higher number, which arrived later. */
  readonly afterSeq?: number | undefined;
  readonly repository?: string | undefined;
  readonly limit: number;
}

export interface Usage {
  /**
   * Stores events and counts them. Writes all of them or none. Events that are stored already, with the same id, are
   * left out.
   * @param receivedAt in milliseconds since the epoch
   * @returns how many events are new
   */
  record(events: readonly PlacedEvent[], receivedAt: number): Promise<number>;
  /** Returns images in the order of their ids. */
  images(filter: ImageFilter): Promise<UsedImage[]>;
  /**
   * Returns the usage of images by day and actor.
   * @param fromDay the first day, see `DayUsage.day`
   * @param actor only of this actor
   */
  days(images: readonly number[], fromDay: number, actor?: string): Promise<DayUsage[]>;
  /** Returns how often these images were used on each day, in the order of the days. Days without use are left out. */
  dayTotals(images: readonly number[], fromDay: number, actor?: string): Promise<DayTotal[]>;
  /** Returns those of the named images of a repository that were used, under public and private domains. */
  named(repository: string, references: readonly ImageReference[]): Promise<UsedImage[]>;
  /** Counts in the stored events: those with a time from `from` up to, but not including, `to`. In milliseconds. */
  between(images: readonly number[], from: number, to: number): Promise<ActorUsage[]>;
  /** Returns the stored events that count for some images, the latest first. */
  events(query: EventQuery): Promise<ReceivedEvent[]>;
  /** Returns stored events, those that arrived last first, also those that do not count. */
  arrivals(query: ArrivalQuery): Promise<ReceivedEvent[]>;
  /**
   * Removes one batch of the events that were received before this time. Their counts stay.
   * @returns the number of removed events, which is 0 if there are none left
   */
  prune(receivedBefore: number): Promise<number>;
  /** Returns what events and lists say about the tags and manifests of a repository. */
  history(repository: string): Promise<RepositoryHistory>;
  /**
   * Stores what the registry was found to contain, for later calls of `history`.
   * @param at in milliseconds since the epoch
   */
  observe(repository: string, observed: ObservedRepository, at: number): Promise<void>;
  /** Returns the digests that were pushed to a repository at this time or later, in milliseconds since the epoch. */
  pushedSince(repository: string, at: number): Promise<string[]>;
  times(): Promise<UsageTimes>;
}
