import type pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import { changeChannel } from './postgres-triggers.ts';

export interface ChangesHeard {
  /** See Store.changes. */
  changes(): number;
  /** A change of our own. */
  count(): void;
  close(): Promise<void>;
}

/** Milliseconds. */
const heartbeatAtMost = 2000;
const reconnectAfter = 500;

/**
 * Hears of changes on a connection of its own, and asks it again and again whether it still lives. While it does, the
 * counter grows with each change. While it does not (lost, or silent for longer than `staleness`) the counter grows with
 * every look: nothing that was kept in memory is believed, each login asks the database, and where that cannot answer
 * either, nobody is let in.
 * @param ownName what our own changes are told under; they are counted at once, not when we hear of them
 * @param staleness seconds; 0 believes nothing that was kept, ever
 */
export async function listenForChanges(
  connect: () => pg.Client,
  ownName: string,
  staleness: number,
): Promise<ChangesHeard> {
  const patience = staleness * 1000;
  const heartbeat = Math.max(50, Math.min(heartbeatAtMost, patience / 3));
  let counter = 0;
  let aliveAt = -Infinity;
  const closing = new AbortController();
  let current: pg.Client | undefined;

  const listen = async (): Promise<pg.Client> => {
    const client = connect();
    client.on('notification', ({ payload }) => {
      if (payload !== ownName) counter++;
    });
    client.on('error', () => {
      aliveAt = -Infinity;
    });
    await client.connect();
    await client.query(`listen ${changeChannel}`);
    // What was told before we listened is lost: everything may have changed.
    counter++;
    aliveAt = performance.now();
    return client;
  };
  const stayAlive = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        current ??= await listen();
        await wait(heartbeat, undefined, { ref: false, signal: closing.signal });
        const askedAt = performance.now();
        await answersWithin(current, Math.max(patience, heartbeat));
        aliveAt = Math.max(aliveAt, askedAt);
      } catch {
        aliveAt = -Infinity;
        void current?.end().catch(() => {});
        current = undefined;
        await wait(reconnectAfter, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      }
    }
  };
  current = await listen();
  const living = stayAlive();
  return {
    changes: () => {
      if (patience === 0 || performance.now() - aliveAt > patience) counter++;
      return counter;
    },
    count: () => {
      counter++;
    },
    close: async () => {
      closing.abort();
      await living;
    },
  };
}

async function answersWithin(client: pg.Client, limit: number): Promise<void> {
  const givenUp = new AbortController();
  const silence = wait(limit, undefined, { ref: false, signal: givenUp.signal }).then(() => {
    throw new Error('the database is silent');
  });
  try {
    await Promise.race([client.query('select 1'), silence]);
  } finally {
    givenUp.abort();
    silence.catch(() => {});
  }
}
