import * as fc from 'fast-check';
import type { EventKind, PlacedEvent } from '../../../src/events/registry-event.ts';

const index = 'application/vnd.oci.image.index.v1+json';
const manifest = 'application/vnd.oci.image.manifest.v1+json';

/** The manifests of the random registry. The contents of the second index are not reported. */
const manifests = [
  { digest: 'sha256:a', mediaType: manifest, children: null },
  { digest: 'sha256:b', mediaType: manifest, children: null },
  { digest: 'sha256:i', mediaType: index, children: ['sha256:a', 'sha256:j'] },
  { digest: 'sha256:j', mediaType: index, children: null },
];

const kinds: readonly EventKind[] = ['get', 'get', 'get', 'head', 'head', 'push', 'delete', 'blob'];

/** The begin of the random events: a minute before the end of a month, in UTC. */
const beginAt = Date.UTC(2026, 1, 28, 23, 59);

/**
 * Random events of few clients, repositories and manifests, at times that often are the same or exactly a minute apart,
 * around the end of a month.
 */
export const randomEvents: fc.Arbitrary<readonly PlacedEvent[]> = fc
  .array(
    fc.record({
      second: fc.constantFrom(0, 1, 30, 59, 60, 61, 90, 119, 120, 150),
      kind: fc.constantFrom(...kinds),
      what: fc.constantFrom(...manifests),
      tag: fc.constantFrom(null, null, 'v1', 'v2'),
      repository: fc.constantFrom('app', 'app', 'team/app'),
      actor: fc.constantFrom('', 'alice', 'alice'),
      address: fc.constantFrom('192.0.2.1', '192.0.2.1', '2001:db8::1'),
      domain: fc.constantFrom('public' as const, 'private' as const),
    }),
    { maxLength: 30 },
  )
  .map((drawn) =>
    drawn.map(({ second, what, ...event }, at) => ({
      ...event,
      ...what,
      id: `event ${at}`,
      at: beginAt + second * 1000,
      host: 'registry.example.com',
      userAgent: 'docker/29',
    })),
  );

/** Random events, in a random order, some of them twice, in groups as requests of the registry contain them. */
export const randomArrival = randomEvents.chain((events) =>
  fc
    .tuple(
      fc.shuffledSubarray([...events], { minLength: events.length }),
      fc.subarray([...events]),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 60 }),
    )
    .map(([shuffled, twice, sizes]) => {
      const rest = [...shuffled, ...twice];
      const groups: PlacedEvent[][] = [];
      for (let at = 0; rest.length > 0; at++) groups.push(rest.splice(0, sizes[at % sizes.length]));
      return { events, groups };
    }),
);
