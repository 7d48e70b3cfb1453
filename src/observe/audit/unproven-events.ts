import { createEventId } from '../../audit/event-id.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { formatDenialReason } from '../../audit/denial-reason.ts';
import { formatEventText, parseEventText, type EventText } from '../../audit/event-text.ts';
import { otherRequests, withMore, withUnknownMore } from '../../audit/scope-list.ts';
import type { RequestErrorCode } from '../../errors.ts';
import type { Issuance } from '../../issue-token.ts';
import { networkOf } from '../../net/address-prefix.ts';
import { formatScope } from '../../scope/scope.ts';
import { copyText } from './copy-text.ts';
import { eventLimits, memoryOf, unprovenLimits } from './limits.ts';

/** The maximum number of characters of `AnonymousRow.lastAsked`. Longer scopes are not stored there. */
const maxRememberedLength = 100;

/** The client of a denied request or of an anonymous token request, as the request describes it. */
export type UnprovenClient = Pick<AuditEvent, 'address' | 'client' | 'host' | 'realm'>;

/** The tokens that one anonymous client received under one host within one second. */
interface AnonymousRow {
  /**
   * The text of the event without its scopes and reasons. Further tokens can add scopes and reasons, so these are added
   * to the text only when it is written.
   */
  readonly event: EventText;
  readonly second: number;
  readonly network: string;
  /**
   * The id of a shared token (a token that several requests receive). `asked` and `granted` already contain the scopes
   * of a request that received this token. `lastAsked` is the scope of that request. If another request has the same
   * scope and receives the same token, only `times` changes.
   */
  lastToken: string;
  lastAsked: string;
  readonly asked: ScopeList;
  readonly granted: ScopeList;
  readonly reasons: Set<string>;
  times: number;
}

/** A denied request, as it is added. */
interface Denial extends Pick<AuditEvent, 'id' | 'at' | 'asked'> {
  readonly code: RequestErrorCode;
  /** Why the request was denied. Undefined if the code says everything. */
  readonly detail: string | undefined;
}

/**
 * A denied request. When dockpass writes the event, and not before, it decides whether the event contains the user name
 * (see `claimed`).
 */
interface PendingDenial {
  readonly event: EventText;
  /**
   * The user name that the client sent. The client can send any text, even a password, so the name is written to the
   * audit log only if a user or robot has this name.
   */
  readonly claimed: string | undefined;
  times: number;
}

interface ScopeList {
  readonly texts: Set<string>;
  length: number;
  /** How often a scope was not added to `texts`, because the list was full or too little memory was left. */
  more: number;
}

/**
 * Unproven events that wait to be written: requests that were denied, and tokens that were issued to anonymous clients.
 * Anyone can cause any number of them, so their memory is limited. If there is no room for the details of an event,
 * only a count is stored.
 */
export class UnprovenEvents {
  readonly #anonymous: AnonymousRow[] = [];
  /** The newest row in `#anonymous` for each combination of address, User-Agent and host. */
  readonly #newestAnonymous = new Map<string, AnonymousRow>();
  readonly #denials = new Map<string, PendingDenial>();
  /** The number of events without details for each reason of a denial. The key `''` is for tokens that were issued. */
  readonly #others = new Map<string, number>();
  readonly #bytesOfNetworks = new Map<string, number>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#anonymous.length === 0 && this.#denials.size === 0 && this.#others.size === 0;
  }

  /** The number of events, including those without details. */
  get count(): number {
    let count = 0;
    for (const { times } of this.#anonymous) count += times;
    for (const { times } of this.#denials.values()) count += times;
    for (const times of this.#others.values()) count += times;
    return count;
  }

  /**
   * Adds a token that an anonymous client received.
   * @param at milliseconds since the epoch
   * @param scopes the requested scopes as the client sent them
   */
  addAnonymous(
    client: UnprovenClient,
    at: number,
    scopes: readonly string[],
    { grants, token }: Pick<Issuance, 'grants' | 'token'>,
  ): void {
    const second = Math.floor(at / 1000);
    const key = `${client.address}\n${client.client}\n${client.host}`;
    const newest = this.#newestAnonymous.get(key);
    const row = newest?.second === second ? newest : this.#beginAnonymous(key, client, at, second);
    if (row === undefined) {
      this.#countOther('');
      return;
    }
    row.times++;
    // Many clients pull the same image again and again. If a request has the same scope and receives the same shared
    // token as an earlier request in this row, the row already contains its scopes.
    const asked = scopes.length === 1 ? scopes[0] : undefined;
    if (token.isShared && token.id === row.lastToken && asked === row.lastAsked) return;
    for (const { scope, actions, reason } of grants) {
      this.#addScope(row, row.asked, formatScope(scope));
      if (actions.length > 0) this.#addScope(row, row.granted, formatScope({ ...scope, actions }));
      row.reasons.add(reason);
    }
    if (!token.isShared || asked === undefined || asked.length > maxRememberedLength) return;
    row.lastToken = token.id;
    row.lastAsked = copyText(asked, maxRememberedLength);
  }

  /**
   * Adds a denied request. Equal denials become one event with a count.
   * @param denial its `id` is the same for denials of the same client with the same error
   * @param claimed the user name that the client sent, if it can be the name of a user or robot
   */
  addDenial(client: UnprovenClient, { code, detail, ...denial }: Denial, claimed: string | undefined): void {
    const asked =
      denial.asked.length <= eventLimits.deniedScopes
        ? denial.asked
        : withUnknownMore(denial.asked.slice(0, eventLimits.deniedScopes));
    const reason = formatDenialReason(code, detail);
    const key = `${denial.id}\n${asked}\n${claimed}\n${reason}`;
    const existing = this.#denials.get(key);
    if (existing !== undefined) {
      existing.times++;
      return;
    }
    const network = copyNetwork(client.address);
    if (!this.#take(network, 2 * memoryOf(key) + memoryOf(client.client + client.host))) {
      // The detail is left out, because clients could choose any number of different ones.
      this.#countOther(code);
      return;
    }
    const event = createUnproven(client, { ...denial, outcome: 'refused', asked, reason });
    this.#denials.set(key, {
      event,
      claimed: claimed === undefined ? undefined : copyText(claimed, eventLimits.name),
      times: 1,
    });
  }

  /** Returns the user names that the clients of denied requests sent. */
  claims(): Set<string> {
    const claims = new Set<string>();
    for (const { claimed } of this.#denials.values()) if (claimed !== undefined) claims.add(claimed);
    return claims;
  }

  /**
   * Returns the events as texts to write, sorted by time. The text of a denial includes the name that the client sent
   * only if this name is in `names`. If two denials differ only in names that are not included, they become one event.
   * @param names the names from denied requests that belong to an existing user or robot
   * @param now the time to write for events that have no time of their own because only their number is known, in
   *   milliseconds since the epoch
   */
  texts(names: ReadonlySet<string>, now: number): EventText[] {
    const events = new Map<string, AuditEvent>();
    for (const { event: text, claimed, times } of this.#denials.values()) {
      const event = parseEventText(text);
      const subject = claimed !== undefined && names.has(claimed) ? claimed : '';
      const key = `${event.id}\n${subject}\n${event.asked}\n${event.reason}`;
      events.set(key, { ...event, subject, times: times + (events.get(key)?.times ?? 0) });
    }
    const anonymous = this.#anonymous.map((row) => ({
      ...parseEventText(row.event),
      asked: formatList(row.asked),
      granted: formatList(row.granted),
      reason: [...row.reasons].join('; '),
      times: row.times,
    }));
    const others = Array.from(this.#others, ([reason, times]) => createOther(reason, times, now));
    return [...events.values(), ...anonymous, ...others]
      .sort((one, other) => one.at - other.at)
      .map(formatEventText);
  }

  #beginAnonymous(key: string, client: UnprovenClient, at: number, second: number): AnonymousRow | undefined {
    const network = copyNetwork(client.address);
    if (!this.#take(network, 2 * memoryOf(key) + 2 * maxRememberedLength)) return undefined;
    const row: AnonymousRow = {
      event: createUnproven(client, { id: createEventId(at), at, outcome: 'issued' }),
      second,
      network,
      lastToken: '',
      lastAsked: '',
      asked: emptyList(),
      granted: emptyList(),
      reasons: new Set(),
      times: 0,
    };
    this.#anonymous.push(row);
    this.#newestAnonymous.set(key, row);
    return row;
  }

  #addScope({ network }: AnonymousRow, list: ScopeList, scope: string): void {
    if (list.texts.has(scope)) return;
    const fits = list.length + scope.length <= unprovenLimits.scopes && list.more === 0;
    if (!fits || !this.#take(network, memoryOf(scope))) {
      list.more++;
      return;
    }
    list.texts.add(scope);
    list.length += scope.length + 1;
  }

  /** Reserves memory for an event of a client in this network. Returns false if there is not enough memory left. */
  #take(network: string, bytes: number): boolean {
    const ofNetwork = (this.#bytesOfNetworks.get(network) ?? 0) + bytes;
    if (this.#bytes + bytes > unprovenLimits.bytes || ofNetwork > unprovenLimits.bytesOfNetwork) return false;
    this.#bytes += bytes;
    this.#bytesOfNetworks.set(network, ofNetwork);
    return true;
  }

  #countOther(reason: string): void {
    this.#others.set(reason, (this.#others.get(reason) ?? 0) + 1);
  }
}

/**
 * Returns the network of an address. The result is a copied text: `address` can be a part of a larger text, and
 * without a copy, the larger text would stay in memory.
 */
function copyNetwork(address: string): string {
  return copyText(networkOf(address), eventLimits.address);
}

/**
 * Creates an unproven event as a text. The text contains copies of the strings from the request. References to these
 * strings could keep the whole request in memory.
 */
function createUnproven(
  { address, client, host, realm }: UnprovenClient,
  fields: Pick<AuditEvent, 'id' | 'at' | 'outcome'> & Partial<AuditEvent>,
): EventText {
  return formatEventText({
    ...createEmpty(fields),
    address: address.slice(0, eventLimits.address),
    client: copyText(client, eventLimits.client),
    host,
    realm,
  });
}

/** Creates one event that stands for all events with the same reason that were stored without details. */
function createOther(reason: string, times: number, at: number): AuditEvent {
  return {
    ...createEmpty({ id: createEventId(at), at, outcome: reason === '' ? 'issued' : 'refused' }),
    address: 'several addresses',
    client: otherRequests,
    reason,
    times,
  };
}

function createEmpty(fields: Pick<AuditEvent, 'id' | 'at' | 'outcome'> & Partial<AuditEvent>): AuditEvent {
  return {
    subject: '',
    address: '',
    client: '',
    host: '',
    realm: '',
    asked: '',
    granted: '',
    reason: '',
    tokenId: '',
    times: 1,
    ...fields,
  };
}

function emptyList(): ScopeList {
  return { texts: new Set(), length: 0, more: 0 };
}

function formatList({ texts, more }: ScopeList): string {
  return withMore([...texts].join(' '), more);
}
