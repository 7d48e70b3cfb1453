import { countPulls } from '../../../events/count-pulls.ts';
import type { NewEvent, Outcome, StoredEvent } from './rows.ts';

/** A stored event that may count as something else from now on, because of an event that arrived later. */
export interface RecountedEvent {
  readonly event: StoredEvent;
  readonly outcome: Outcome;
}

export interface Decided {
  readonly outcomes: ReadonlyMap<NewEvent, Outcome>;
  readonly recounted: readonly RecountedEvent[];
}

/** Decides what new events count as, and what stored events count as from now on. */
export function decideOutcomes(events: readonly NewEvent[], stored: readonly StoredEvent[]): Decided {
  const outcomes = new Map<NewEvent, Outcome>();
  const clients = new Map<string, (NewEvent | StoredEvent)[]>();
  for (const event of events) {
    if (event.isProbe === true) continue;
    if (event.kind === 'push' && (event.tag !== null || event.digest !== null))
      outcomes.set(event, { counts: 'push', tag: event.tag });
    if (event.fetcher === null) continue;
    const fetches = clients.get(clientOf(event)) ?? [];
    fetches.push(event);
    clients.set(clientOf(event), fetches);
  }
  for (const event of stored) clients.get(clientOf(event))?.push(event);
  const recounted: RecountedEvent[] = [];
  for (const fetches of clients.values()) {
    for (const [event, outcome] of countPulls(fetches)) {
      if (!('seq' in event)) outcomes.set(event, outcome);
      // Fetches before the new ones (number 0) stay as they are. A GET by tag always counts with its tag.
      else if (event.seq > 0 && event.tag === null) recounted.push({ event, outcome });
    }
  }
  return { outcomes, recounted };
}

function clientOf({ repository, actor, address }: StoredEvent | NewEvent): string {
  return JSON.stringify([repository, actor, address]);
}
