import { sql, type Kysely } from 'kysely';
import type { EventDomain, EventKind, PlacedEvent } from '../../../events/registry-event.ts';
import { isOwn } from '../../../events/own-actor.ts';
import type { EventCount, ReceivedEvent } from '../../ports/usage/usage.ts';
import type { Tables, UsageEventRow } from '../tables.ts';
import { fetcherKey } from './keys.ts';

/** What an event counts as, and for which image: a tag, or a digest that was used without a tag. */
export interface Outcome {
  readonly counts: EventCount;
  readonly tag: string | null;
}

/** An event that is being recorded. */
export interface NewEvent extends PlacedEvent {
  readonly idKey: Buffer;
  /** Null if the event is not a fetch by a client. */
  readonly fetcher: number | null;
}

/** An event in the database, as far as counting needs it. */
export interface StoredEvent extends PlacedEvent {
  readonly seq: number;
  readonly outcome: string | null;
  readonly image: number | null;
}

export function newEvent(event: PlacedEvent, idKey: Buffer): NewEvent {
  const isFetch = (event.kind === 'get' || event.kind === 'head') && !isOwn(event);
  return { ...event, idKey, fetcher: isFetch ? fetcherKey(event) : null };
}

export function receivedEvent(row: UsageEventRow): ReceivedEvent {
  const { outcome, ...event } = storedEvent(row);
  return { ...event, receivedAt: Number(row.received_at), counts: outcome as EventCount | null };
}

export function storedEvent(row: UsageEventRow): StoredEvent {
  return {
    seq: Number(row.seq),
    id: row.id,
    at: Number(row.at),
    kind: row.kind as EventKind,
    repository: row.repository,
    tag: row.tag,
    digest: row.digest,
    mediaType: row.media_type,
    children: row.children === null ? null : (JSON.parse(row.children) as string[]),
    actor: row.actor,
    address: row.address,
    host: row.host,
    domain: row.domain as EventDomain,
    userAgent: row.user_agent,
    outcome: row.outcome,
    image: numberOrNull(row.image),
  };
}

export function toRow(
  event: NewEvent,
  seq: number,
  receivedAt: number,
  outcome: Outcome | undefined,
  image: number | undefined,
): UsageEventRow {
  return {
    seq,
    id_key: event.idKey,
    id: event.id,
    at: event.at,
    received_at: receivedAt,
    kind: event.kind,
    repository: event.repository,
    tag: event.tag,
    digest: event.digest,
    media_type: event.mediaType,
    children: event.children === null ? null : JSON.stringify(event.children),
    actor: event.actor,
    address: event.address,
    host: event.host,
    domain: event.domain,
    user_agent: event.userAgent,
    fetcher: event.fetcher,
    outcome: outcome?.counts ?? null,
    image: image ?? null,
  };
}

/** Returns the highest number in a table, or 0 if the table is empty. @param column the primary key of the table */
export async function highestNumber(
  transaction: Kysely<Tables>,
  table: 'usage_events' | 'usage_images' | 'usage_actors',
  column: 'seq' | 'id',
): Promise<number> {
  const query = sql<{
    highest: number | null;
  }>`select max(${sql.ref(column)}) as highest from ${sql.table(table)}`;
  const { rows } = await query.execute(transaction);
  return Number(rows[0]?.highest ?? 0);
}

/** Converts a number of the database, which PostgreSQL returns as text. */
export function numberOrNull(value: number | null): number | null {
  return value === null ? null : Number(value);
}
