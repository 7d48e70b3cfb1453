import type { AuditEvent } from '../../audit/event.ts';
import { parseEventText, formatEventText, type EventText } from '../../audit/event-text.ts';

/** Of an event, what tells one that got a shared token from another. */
export type EventSubject = Pick<AuditEvent, 'address' | 'client' | 'host' | 'asked'>;

/** A token given, in the text that will be written: what waits outlives several collections, each of which copies it. */
export interface PendingIssuance {
  readonly at: number;
  readonly event: EventText;
}

/** Of a shared token, of which more may come. */
interface SharedIssuance extends PendingIssuance {
  readonly asker: EventSubject;
  /** How often, whatever the text says. */
  times: number;
}

/** A refusal, whose subject is not known before it is written. */
export interface PendingDenial {
  readonly event: AuditEvent;
  /** The name that was tried, whatever it is: kept in memory alone. */
  readonly claimed: string | undefined;
  times: number;
}

/**
 * Events that wait to be written, each kind once, with how often it came. Most tokens are asked for once and kept in a
 * list; of a shared one, the first asker is found by the token's id alone, for which no text has to be put together.
 */
export class PendingEvents {
  readonly #single: PendingIssuance[] = [];
  readonly #firstShared = new Map<string, SharedIssuance>();
  readonly #moreShared = new Map<string, SharedIssuance>();
  readonly #refusals = new Map<string, PendingDenial>();

  /** Kinds. */
  get size(): number {
    return this.#single.length + this.#firstShared.size + this.#moreShared.size + this.#refusals.size;
  }

  get refusals(): Iterable<PendingDenial> {
    return this.#refusals.values();
  }

  /** Of a token that nobody shares. */
  addSingle(held: PendingIssuance): void {
    this.#single.push(held);
  }

  /** Of the shared token's first asker, if this is the one, else of this one; undefined where it is not held. */
  shared(tokenId: string, asker: EventSubject): SharedIssuance | undefined {
    const first = this.#firstShared.get(tokenId);
    if (first === undefined || isSame(first.asker, asker)) return first;
    return this.#moreShared.get(kindOf(tokenId, asker));
  }

  addShared(tokenId: string, held: SharedIssuance): void {
    if (this.#firstShared.has(tokenId)) this.#moreShared.set(kindOf(tokenId, held.asker), held);
    else this.#firstShared.set(tokenId, held);
  }

  refused(kind: string): PendingDenial | undefined {
    return this.#refusals.get(kind);
  }

  addRefused(kind: string, held: PendingDenial): void {
    this.#refusals.set(kind, held);
  }

  /** Takes in what came later, which may be of the same kinds. */
  addAll(later: PendingEvents): void {
    for (const held of later.#single) this.#single.push(held);
    for (const [tokenId, held] of later.#firstShared) {
      const before = this.shared(tokenId, held.asker);
      if (before === undefined) this.addShared(tokenId, held);
      else before.times += held.times;
    }
    addUp(this.#moreShared, later.#moreShared);
    addUp(this.#refusals, later.#refusals);
  }

  /**
   * As they may be written, in their order: names that nobody has are left out, and what then is alike taken together.
   */
  texts(names: ReadonlySet<string>): EventText[] {
    const refused = new Map<string, AuditEvent>();
    for (const { event, claimed, times } of this.#refusals.values()) {
      const subject = claimed !== undefined && names.has(claimed) ? claimed : '';
      const key = `${event.id}\n${subject}\n${event.asked}`;
      refused.set(key, { ...event, subject, times: times + (refused.get(key)?.times ?? 0) });
    }
    const refusals = Array.from(refused.values(), (event) => ({
      at: event.at,
      event: formatEventText(event),
    }));
    const issuances = [...this.#firstShared.values(), ...this.#moreShared.values()].map((held) => ({
      at: held.at,
      event:
        held.times === 1 ? held.event : formatEventText({ ...parseEventText(held.event), times: held.times }),
    }));
    return [...this.#single, ...issuances, ...refusals]
      .sort((one, other) => one.at - other.at)
      .map(({ event }) => event);
  }
}

function addUp<Held extends { times: number }>(into: Map<string, Held>, later: Map<string, Held>): void {
  for (const [kind, held] of later) {
    const before = into.get(kind);
    if (before === undefined) into.set(kind, held);
    else before.times += held.times;
  }
}

function isSame(one: EventSubject, { address, client, host, asked }: EventSubject): boolean {
  return one.address === address && one.asked === asked && one.client === client && one.host === host;
}

function kindOf(tokenId: string, { address, client, host, asked }: EventSubject): string {
  return `${tokenId}\n${address}\n${client}\n${host}\n${asked}`;
}
