import { setTimeout as wait } from 'node:timers/promises';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import { createGroupThread } from './group-thread.ts';
import type { EventGroup } from './usage-worker.ts';

export interface UsageWriter {
  /**
   * Stores and counts events.
   * @param receivedAt in milliseconds since the epoch
   * @returns the number of new events
   */
  record(events: readonly PlacedEvent[], receivedAt: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Creates a writer that records events in a thread of its own, which the first events start. On the event loop, the work
 * and the waits for the disk would delay all tokens (docs/adr/0067).
 *
 * While the thread writes, nothing else can write to the database: no audit row of a login, and no session. So the writer
 * pauses after each group, for a quarter of the time that the group took. Other writers try again until they find such a
 * pause.
 */
export function sqliteUsageWriter(path: string): UsageWriter {
  const thread = createGroupThread<number>(new URL('./usage-worker.js', import.meta.url), path);
  let freeAt = 0;
  return {
    record: async (events, receivedAt) => {
      const pauseMs = freeAt - performance.now();
      if (pauseMs > 0) await wait(pauseMs);
      const begin = performance.now();
      try {
        return await thread.write(JSON.stringify({ events, receivedAt } satisfies EventGroup));
      } finally {
        const end = performance.now();
        freeAt = end + (end - begin) / 4;
      }
    },
    close: () => thread.close(),
  };
}
