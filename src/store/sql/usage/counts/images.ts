import type { Kysely } from 'kysely';
import type { EventDomain, PlacedEvent } from '../../../../events/registry-event.ts';
import { insertRows, readRows } from '../many-rows.ts';
import type { Tables, UsageImageRow } from '../../tables.ts';
import { keyOf, rememberedKeys } from '../keys.ts';
import type { Outcome } from '../rows.ts';
import { highestNumber, numberOrNull } from '../rows.ts';

/** The rows of usage_images that a transaction needs. It changes them in memory and then writes them. */
export interface Images {
  get(event: PlacedEvent, outcome: Outcome): UsageImageRow;
  byId(id: number): UsageImageRow;
  write(): Promise<void>;
}

/** What identifies an image. An image of a tag has all digests of the tag, so then the digest is null. */
type ImageIdentity = readonly [
  repository: string,
  tag: string | null,
  digest: string | null,
  domain: EventDomain,
];

/** Identifies the image for which an event counts. */
function identityOf({ repository, digest, domain }: PlacedEvent, { tag }: Outcome): ImageIdentity {
  return [repository, tag, tag === null ? digest : null, domain];
}

/** Returns the key of an image. */
export function keyOfImage(...identity: ImageIdentity): Buffer {
  return keyOf(...identity);
}

/** Reads the rows of these images, and of the images with these ids. Creates the rows that do not exist yet. */
export async function openImages(
  transaction: Kysely<Tables>,
  counted: readonly (readonly [PlacedEvent, Outcome])[],
  ids: readonly number[],
): Promise<Images> {
  const keys = rememberedKeys();
  const keyIn = (event: PlacedEvent, outcome: Outcome): string => keys(...identityOf(event, outcome));
  const wanted = new Map(counted.map((pair) => [keyIn(...pair), pair]));
  const rows = new Map<string, UsageImageRow>();
  const byId = new Map<number, UsageImageRow>();
  const used = new Set<UsageImageRow>();
  const take = (found: readonly UsageImageRow[]): void => {
    for (const row of found) {
      const number = toNumbers(row);
      if (byId.has(number.id)) continue;
      byId.set(number.id, number);
      rows.set(Buffer.from(row.image_key).toString('hex'), number);
    }
  };
  const wantedKeys = [...wanted.keys()].map((key) => Buffer.from(key, 'hex'));
  take(await readRows(transaction, 'usage_images', 'image_key', 'bytea', wantedKeys));
  const otherIds = ids.filter((id) => !byId.has(id));
  take(await readRows(transaction, 'usage_images', 'id', 'bigint', otherIds));
  const missing = [...wanted].filter(([key]) => !rows.has(key));
  if (missing.length > 0) {
    let id = await highestNumber(transaction, 'usage_images', 'id');
    for (const [key, pair] of missing) {
      const row = emptyImage(++id, ...pair);
      rows.set(key, row);
      byId.set(id, row);
    }
  }
  return {
    get: (event, outcome) => {
      const row = rows.get(keyIn(event, outcome)) as UsageImageRow;
      used.add(row);
      return row;
    },
    byId: (id) => {
      const row = byId.get(id) as UsageImageRow;
      used.add(row);
      return row;
    },
    write: () =>
      insertRows(transaction, 'usage_images', [...used], {
        key: ['id'],
        replaced: [
          'digest',
          'digest_at',
          'pulls',
          'last_pulled_at',
          'last_pulled_by',
          'pushes',
          'last_pushed_at',
          'last_pushed_by',
        ],
      }),
  };
}

function emptyImage(id: number, event: PlacedEvent, outcome: Outcome): UsageImageRow {
  return {
    id,
    image_key: keyOf(...identityOf(event, outcome)),
    repository_key: keyOf(event.repository),
    repository: event.repository,
    tag: outcome.tag,
    digest: event.digest,
    digest_at: event.at,
    domain: event.domain,
    pulls: 0,
    last_pulled_at: null,
    last_pulled_by: null,
    pushes: 0,
    last_pushed_at: null,
    last_pushed_by: null,
  };
}

function toNumbers(row: UsageImageRow): UsageImageRow {
  return {
    ...row,
    id: Number(row.id),
    digest_at: Number(row.digest_at),
    pulls: Number(row.pulls),
    last_pulled_at: numberOrNull(row.last_pulled_at),
    pushes: Number(row.pushes),
    last_pushed_at: numberOrNull(row.last_pushed_at),
  };
}
