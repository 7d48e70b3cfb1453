import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { announcementChannel } from '../broadcast.ts';
import { isUnreachable } from './explain-error.ts';
import { changeChannel } from './triggers.ts';

export interface ChangesHeard {
  /** See Store.changes. */
  changes(): number;
  /** A change of our own. */
  count(): void;
  /** See Store.unheard. */
  unheard(): string | undefined;
  close(): Promise<void>;
}

export interface Listening {
  readonly connect: () => Promise<pg.Client>;
  /** What our own changes are told under; they are counted at once, not when we hear of them. */
  readonly ownName: string;
  /** Seconds; 0 believes nothing that was kept, ever. */
  readonly staleness: number;
  readonly onAnnouncement: (text: string) => void;
  /** The connection broke, or is there again: the others lead to where it was. */
  readonly onBroken: () => void;
}

/** Milliseconds. */
const heartbeatAtMost = 2000;
const answerWithin = 5000;
const hearWithin = 1000;
const reconnectAfter = 500;

const faults = {
  well: undefined,
  deaf: 'PostgreSQL hands no notices of changes on, so each login asks it: connect to it directly, not through a pooler that hands connections round',
  refused:
    'PostgreSQL gives us no connection to hear of changes on, so each login asks it: raise max_connections',
  unreachable:
    'PostgreSQL cannot be reached: who logged in lately goes on for databaseStaleness, others get 503',
} as const;

/**
 * Hears of changes on a connection of its own, and sends itself a word there again and again: what is heard back came
 * after all that was told before, so nothing was missed. Meanwhile the counter grows with each change.
 *
 * While the database cannot be reached, what is in memory is believed for `staleness` at most. Where the database can
 * be reached and changes are not heard all the same (no connection left for us, a pooler that hands no notifications
 * on), nothing in memory is believed: the counter grows with every look, and each login asks the database.
 */
export async function listenForChanges(listening: Listening): Promise<ChangesHeard> {
  const patience = listening.staleness * 1000;
  const heartbeat = patience === 0 ? heartbeatAtMost : Math.max(50, Math.min(heartbeatAtMost, patience / 3));
  const ownChannel = `dockpass_${randomBytes(16).toString('hex')}`;
  let counter = 0;
  let aliveAt = -Infinity;
  let hearing: keyof typeof faults = 'well';
  let heardOurselves = (): void => {};
  const closing = new AbortController();
  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { ref: false, signal: closing.signal });

  const listen = async (): Promise<pg.Client> => {
    const client = await listening.connect();
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === ownChannel) heardOurselves();
      else if (channel === announcementChannel) listening.onAnnouncement(payload);
      else if (payload !== listening.ownName) counter++;
    });
    const channels = [changeChannel, announcementChannel, ownChannel];
    await within(answerWithin, client.query(channels.map((channel) => `listen ${channel}`).join(';')));
    return client;
  };
  const hearOurselves = async (client: pg.Client): Promise<void> => {
    const askedAt = performance.now();
    const heard = new Promise<void>((resolve) => (heardOurselves = resolve));
    await within(answerWithin, client.query(`notify ${ownChannel}`));
    const isDeaf = await within(hearWithin, heard).then(
      () => false,
      () => true,
    );
    aliveAt = isDeaf ? -Infinity : askedAt;
    hearing = isDeaf ? 'deaf' : 'well';
  };
  let current: pg.Client | undefined = await listen();
  await hearOurselves(current).catch(() => {});
  let hasEnded = ended(current);
  const stayAlive = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        if (current === undefined) {
          current = await listen();
          hasEnded = ended(current);
          listening.onBroken();
          // What was told while we did not listen is lost: everything may have changed.
          counter++;
        }
        await hearOurselves(current);
        await Promise.race([pause(heartbeat), hasEnded]);
      } catch (error) {
        const lost = current;
        current = undefined;
        void lost?.end().catch(() => {});
        if (closing.signal.aborted) return;
        if (lost !== undefined) {
          listening.onBroken();
          continue;
        }
        hearing = isUnreachable(error) ? 'unreachable' : 'refused';
        if (hearing === 'refused') aliveAt = -Infinity;
        await pause(reconnectAfter).catch(() => {});
      }
    }
  };
  const living = stayAlive();
  return {
    changes: () => {
      if (patience === 0 || performance.now() - aliveAt > patience) counter++;
      return counter;
    },
    count: () => {
      counter++;
    },
    unheard: () => faults[hearing],
    close: async () => {
      closing.abort();
      await living;
      await current?.end().catch(() => {});
    },
  };
}

/** Rejects as soon as the connection ends. */
function ended(client: pg.Client): Promise<never> {
  const end = new Promise<never>((_, reject) =>
    client.once('end', () => reject(new Error('the connection ended'))),
  );
  end.catch(() => {});
  return end;
}

async function within(limit: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const silence = wait(limit, undefined, { ref: false, signal: done.signal }).then(() => {
    throw new Error('the database is silent');
  });
  try {
    await Promise.race([work, silence]);
  } finally {
    done.abort();
    silence.catch(() => {});
    work.catch(() => {});
  }
}
