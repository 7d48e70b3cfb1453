/**
 * What a registry reports with a notification. `get` and `head` are requests for a manifest. `blob` is any event about
 * a blob, which usage does not count.
 */
export type EventKind = 'get' | 'head' | 'push' | 'delete' | 'mount' | 'blob';

/**
 * One event of a registry, as dockpass stores it. All texts come from the registry and its clients, so they can contain
 * anything but NUL.
 */
export interface RegistryEvent {
  /** The registry sends an event again, with the same id, if it gets no answer in time. */
  readonly id: string;
  /** When the event happened, by the clock of the registry, in milliseconds since the epoch. */
  readonly at: number;
  readonly kind: EventKind;
  readonly repository: string;
  readonly tag: string | null;
  /** Null if the event has none, for example when a tag is deleted. */
  readonly digest: string | null;
  readonly mediaType: string;
  /** The digests in an index. Null for other manifests, and if the registry does not report them. */
  readonly children: readonly string[] | null;
  /** The claim `sub` of the registry token. Empty for an anonymous client. */
  readonly actor: string;
  /** The address of the client, without a port. */
  readonly address: string;
  /** The Host header of the request. */
  readonly host: string;
  readonly userAgent: string;
}

/** The kind of domain under which a request was sent. */
export type EventDomain = 'public' | 'private';

/** An event with the domain under which the client sent its request. */
export interface PlacedEvent extends RegistryEvent {
  readonly domain: EventDomain;
  /** True if dockpass itself caused the event to check the registry. It is stored, and does not count. */
  readonly isProbe?: boolean;
}

const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** Returns true for an OCI index and for a manifest list of Docker. */
export function isIndex(mediaType: string): boolean {
  return indexTypes.has(mediaType);
}
