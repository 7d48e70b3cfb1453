import type { Clock } from '../clock.ts';
import type { PlacedEvent, RegistryEvent } from '../events/registry-event.ts';
import type { Store } from '../store/store.ts';

/** The maximum number of events in one transaction. While it runs on SQLite, nothing else can write. */
const eventsAtOnce = 1000;

export interface EventRecorder {
  /**
   * Stores and counts events. Resolves when they are on disk. Events that are stored already are left out.
   * @throws DockpassError `database`, `database_busy`
   */
  record(events: readonly RegistryEvent[]): Promise<void>;
  /** Waits until all events are written. */
  close(): Promise<void>;
}

interface PendingRequest {
  readonly events: readonly PlacedEvent[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes the events of registries. Requests that arrive during a transaction are written together in the next one,
 * because each transaction waits for the disk.
 * @param place adds what the server knows about the domain of an event
 */
export function createEventRecorder(
  { usage }: Pick<Store, 'usage'>,
  clock: Clock,
  place: (event: RegistryEvent) => PlacedEvent,
): EventRecorder {
  const pending: PendingRequest[] = [];
  let writing: Promise<void> | undefined;

  const write = async (events: readonly PlacedEvent[]): Promise<void> => {
    for (let at = 0; at < events.length; at += eventsAtOnce)
      await usage.record(events.slice(at, at + eventsAtOnce), clock());
  };
  const writeGroup = async (group: readonly PendingRequest[]): Promise<void> => {
    try {
      await write(group.flatMap(({ events }) => events));
      for (const { done } of group) done();
    } catch (error) {
      if (group.length === 1) group[0]?.failed(error);
      // Events that cannot be written must not hold up those of the other requests.
      else for (const request of group) await writeGroup([request]);
    }
  };
  const writePending = async (): Promise<void> => {
    while (pending.length > 0) {
      let count = 0;
      const end = pending.findIndex(({ events }) => (count += events.length) > eventsAtOnce);
      await writeGroup(pending.splice(0, end < 0 ? pending.length : Math.max(1, end)));
    }
    writing = undefined;
  };
  return {
    record: (events) =>
      new Promise((done, failed) => {
        pending.push({
          events: events.map(place),
          done,
          failed,
        });
        writing ??= writePending();
      }),
    close: async () => writing,
  };
}
