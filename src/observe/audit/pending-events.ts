import type { AuditEvent } from '../../audit/event.ts';
import { parseEventText, formatEventText, type EventText } from '../../audit/event-text.ts';
import { memoryOf } from './limits.ts';

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
 * The audit events of tokens for known users and robots, until they are written. Equal events are stored once, with a
 * count.
 *
 * - Most tokens are issued for a single request. Their events are stored in a list, because no two of them are equal.
 * - A shared token is one that several requests receive. The event of the first request is stored under the token id.
 *   If another request for the same token has other details, its event is stored under a longer key that also contains
 *   these details.
 */
export class PendingEvents {
  readonly #single: PendingIssuance[] = [];
  readonly #firstShared = new Map<string, SharedIssuance>();
  readonly #moreShared = new Map<string, SharedIssuance>();
  #bytes = 0;

  /** The number of different events; equal events count once. */
  get size(): number {
    return this.#single.length + this.#firstShared.size + this.#moreShared.size;
  }

  /** The approximate number of bytes that the events need in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the event of a token that is not shared: dockpass sends it as the answer to only one request. */
  addSingle(issuance: PendingIssuance): void {
    this.#bytes += memoryOf(issuance.event);
    this.#single.push(issuance);
  }

  /** Finds the pending event of an earlier request that received the same shared token and has the same details. */
  findShared(tokenId: string, request: RequestDetails): SharedIssuance | undefined {
    const first = this.#firstShared.get(tokenId);
    if (first === undefined || areEqual(first.request, request)) return first;
    return this.#moreShared.get(sharedKey(tokenId, request));
  }

  /**
   * Adds an event for a shared token: one that dockpass sends as the answer to several requests. Later requests that
   * receive this token and have the same details only increase the count of the event.
   */
  addShared(tokenId: string, { at, event }: PendingIssuance): void {
    // Read the details from the text of the event, not from the request. A string from the request can be a reference
    // into a larger text, and would keep that text in memory.
    const { address, client, host, asked } = parseEventText(event);
    const issuance = { at, event, request: { address, client, host, asked }, times: 1 };
    this.#bytes += 2 * memoryOf(event);
    if (this.#firstShared.has(tokenId)) this.#moreShared.set(sharedKey(tokenId, issuance.request), issuance);
    else this.#firstShared.set(tokenId, issuance);
  }

  /** Returns the events as texts to write, sorted by time. */
  texts(): EventText[] {
    const shared = [...this.#firstShared.values(), ...this.#moreShared.values()].map(
      ({ at, event, times }) => ({
        at,
        event: times === 1 ? event : formatEventText({ ...parseEventText(event), times }),
      }),
    );
    return [...this.#single, ...shared].sort((one, other) => one.at - other.at).map(({ event }) => event);
  }
}

function areEqual(one: RequestDetails, { address, client, host, asked }: RequestDetails): boolean {
  return one.address === address && one.asked === asked && one.client === client && one.host === host;
}

function sharedKey(tokenId: string, { address, client, host, asked }: RequestDetails): string {
  return `${tokenId}\n${address}\n${client}\n${host}\n${asked}`;
}
