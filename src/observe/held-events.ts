import type { SignedToken } from '../token/signed-token.ts';
import type { AuditEvent } from './audit-event.ts';

export interface HeldEvent {
  readonly event: AuditEvent;
  /** The name that was tried, whatever it is: kept in memory alone. */
  readonly claimed: string | undefined;
  times: number;
}

/** Of an event, what tells one that got a shared token from another. */
export type Asker = Pick<AuditEvent, 'address' | 'client' | 'host' | 'asked'>;

/**
 * Events that wait to be written, each kind once, with how often it came. Most tokens are asked for once: the first
 * asker is found by the token itself, for which no text has to be put together and looked up.
 */
export class HeldEvents {
  readonly #firstAskers = new Map<SignedToken, HeldEvent>();
  readonly #byKind = new Map<string, HeldEvent>();

  /** Kinds. */
  get size(): number {
    return this.#firstAskers.size + this.#byKind.size;
  }

  /** Of the token's first asker, if this is the one, else of this one; undefined where it is not held. */
  issued(token: SignedToken, asker: Asker): HeldEvent | undefined {
    const first = this.#firstAskers.get(token);
    if (first === undefined || isAsker(first.event, asker)) return first;
    return this.#byKind.get(kindOf(token, asker));
  }

  addIssued(token: SignedToken, held: HeldEvent): void {
    if (this.#firstAskers.has(token)) this.#byKind.set(kindOf(token, held.event), held);
    else this.#firstAskers.set(token, held);
  }

  refused(kind: string): HeldEvent | undefined {
    return this.#byKind.get(kind);
  }

  addRefused(kind: string, held: HeldEvent): void {
    this.#byKind.set(kind, held);
  }

  /** Takes in what came later, which may be of the same kinds. */
  addAll(later: HeldEvents): void {
    for (const [token, held] of later.#firstAskers) {
      const before = this.issued(token, held.event);
      if (before === undefined) this.addIssued(token, held);
      else before.times += held.times;
    }
    for (const [kind, held] of later.#byKind) {
      const before = this.#byKind.get(kind);
      if (before === undefined) this.#byKind.set(kind, held);
      else before.times += held.times;
    }
  }

  *[Symbol.iterator](): Iterator<HeldEvent> {
    yield* this.#firstAskers.values();
    yield* this.#byKind.values();
  }
}

function isAsker(event: AuditEvent, { address, client, host, asked }: Asker): boolean {
  return event.address === address && event.asked === asked && event.client === client && event.host === host;
}

function kindOf(token: SignedToken, { address, client, host, asked }: Asker): string {
  return `${token.id}\n${address}\n${client}\n${host}\n${asked}`;
}
