import type { AuditEvent } from '../../audit/event.ts';
import { parseEventText, formatEventText, type EventText } from '../../audit/event-text.ts';

/**
 * The fields of an audit event that describe the request. dockpass may send one token as the answer to several
 * requests, and these requests can differ in these fields.
 */
export type RequestDetails = Pick<AuditEvent, 'address' | 'client' | 'host' | 'asked'>;

/**
 * The audit event of an issued token. The event is not written to the audit log yet. It is held in memory as the text
 * that will be written. An object would cost more time, because several garbage collections would copy it
 * (docs/adr/0033).
 */
export interface PendingIssuance {
  readonly at: number;
  readonly event: EventText;
}

/** The audit event of a token that dockpass may send as the answer to several equal requests. */
interface SharedIssuance extends PendingIssuance {
  readonly request: RequestDetails;
  /**
   * The number of equal requests that were answered with the same token. The text in `event` contains the count 1. When
   * the event is written, the value of `times` replaces this count.
   */
  times: number;
}

/**
 * A denied request that is not written to the audit log yet. Its subject is determined only when the event is written.
 */
export interface PendingDenial {
  readonly event: AuditEvent;
  /**
   * The user name that the client sent. The client can send any text, even a password, so the name is written to the
   * audit log only if a user or robot has this name.
   */
  readonly claimed: string | undefined;
  times: number;
}

/**
 * Audit events that wait to be written. Equal events are stored once, with a count.
 *
 * Most tokens are sent to only one request. Their events are never equal, so they are stored in a list. A shared token
 * can be sent to several requests. The event of the first of these requests is stored in a map, with the token id as
 * the key. If a later request has other details, its event is stored in a second map, with a key that contains the
 * token id and the details.
 */
export class PendingEvents {
  readonly #single: PendingIssuance[] = [];
  readonly #firstShared = new Map<string, SharedIssuance>();
  readonly #moreShared = new Map<string, SharedIssuance>();
  readonly #denials = new Map<string, PendingDenial>();

  /** The number of different events; equal events count once. */
  get size(): number {
    return this.#single.length + this.#firstShared.size + this.#moreShared.size + this.#denials.size;
  }

  get denials(): Iterable<PendingDenial> {
    return this.#denials.values();
  }

  /** Adds the event of a token that is not shared: dockpass sends it as the answer to only one request. */
  addSingle(issuance: PendingIssuance): void {
    this.#single.push(issuance);
  }

  /** Finds the pending event of an earlier request that received the same shared token and has the same details. */
  findShared(tokenId: string, request: RequestDetails): SharedIssuance | undefined {
    const first = this.#firstShared.get(tokenId);
    if (first === undefined || areEqual(first.request, request)) return first;
    return this.#moreShared.get(sharedKey(tokenId, request));
  }

  addShared(tokenId: string, issuance: SharedIssuance): void {
    if (this.#firstShared.has(tokenId)) this.#moreShared.set(sharedKey(tokenId, issuance.request), issuance);
    else this.#firstShared.set(tokenId, issuance);
  }

  /**
   * Finds the pending event to which a new denial is added.
   * @param key a text that is the same for all denials that become one event
   */
  findDenial(key: string): PendingDenial | undefined {
    return this.#denials.get(key);
  }

  addDenial(key: string, denial: PendingDenial): void {
    this.#denials.set(key, denial);
  }

  /**
   * Adds the events of `newer`. If an equal event is already pending, the newer event is not added; only the count of
   * the pending event is increased.
   */
  addAll(newer: PendingEvents): void {
    for (const issuance of newer.#single) this.#single.push(issuance);
    for (const [tokenId, issuance] of newer.#firstShared) {
      const pending = this.findShared(tokenId, issuance.request);
      if (pending === undefined) this.addShared(tokenId, issuance);
      else pending.times += issuance.times;
    }
    addCounts(this.#moreShared, newer.#moreShared);
    addCounts(this.#denials, newer.#denials);
  }

  /**
   * Returns the events as texts to write, sorted by time. If the name that a client sent is not in `names`, the text
   * of the denial omits it. Denials that differ only in omitted names become one event.
   * @param names the names from denied requests that belong to an existing user or robot
   */
  texts(names: ReadonlySet<string>): EventText[] {
    const combined = new Map<string, AuditEvent>();
    for (const { event, claimed, times } of this.#denials.values()) {
      const subject = claimed !== undefined && names.has(claimed) ? claimed : '';
      const key = `${event.id}\n${subject}\n${event.asked}`;
      combined.set(key, { ...event, subject, times: times + (combined.get(key)?.times ?? 0) });
    }
    const denials = Array.from(combined.values(), (event) => ({
      at: event.at,
      event: formatEventText(event),
    }));
    const shared = [...this.#firstShared.values(), ...this.#moreShared.values()].map(
      ({ at, event, times }) => ({
        at,
        event: times === 1 ? event : formatEventText({ ...parseEventText(event), times }),
      }),
    );
    return [...this.#single, ...shared, ...denials]
      .sort((one, other) => one.at - other.at)
      .map(({ event }) => event);
  }
}

function addCounts<Event extends { times: number }>(
  target: Map<string, Event>,
  newer: Map<string, Event>,
): void {
  for (const [key, event] of newer) {
    const pending = target.get(key);
    if (pending === undefined) target.set(key, event);
    else pending.times += event.times;
  }
}

function areEqual(one: RequestDetails, { address, client, host, asked }: RequestDetails): boolean {
  return one.address === address && one.asked === asked && one.client === client && one.host === host;
}

function sharedKey(tokenId: string, { address, client, host, asked }: RequestDetails): string {
  return `${tokenId}\n${address}\n${client}\n${host}\n${asked}`;
}
