import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { broadcastChannel } from '../broadcast.ts';
import { isUnreachable } from './explain-error.ts';
import { changeChannel } from './triggers.ts';

export interface ChangeFeed {
  /** See Store.changes. */
  changes(): number;
  /** Counts a change of this process. */
  count(): void;
  /** See Store.missedChangesReason. */
  missedChangesReason(): string | undefined;
  close(): Promise<void>;
}

export interface Listening {
  readonly connect: () => Promise<pg.Client>;
  /**
   * The name that marks changes of this process. They are counted at once, so the notification about them is
   * ignored.
   */
  readonly ownName: string;
  /** Seconds. 0: no cached answer is ever used without asking. */
  readonly staleness: number;
  readonly onMessage: (text: string) => void;
  /**
   * Called when the connection breaks and when it is restored, because the other connections lead to the same
   * server.
   */
  readonly onBroken: () => void;
}

/** Milliseconds. */
const maxHeartbeatMs = 2000;
const answerTimeoutMs = 5000;
const ownMessageTimeoutMs = 1000;
const reconnectPauseMs = 500;

const faults = {
  well: undefined,
  noNotifications:
    'PostgreSQL does not deliver notifications of changes, so each login reads the database. Connect to it directly instead of through a pooler in transaction mode',
  refused:
    'PostgreSQL has no free connection for notifications of changes, so each login reads the database. Raise max_connections',
  unreachable:
    'PostgreSQL cannot be reached. Recent logins are accepted for databaseStaleness; others get 503',
} as const;

/**
 * Listens for changes of other processes on its own connection. It also sends itself a message there, again and
 * again. When that message arrives, all earlier notifications have arrived too, so none was missed. The counter
 * grows with each change.
 *
 * If the database cannot be reached, cached answers are used for `staleness` at most. If the database can be
 * reached but notifications do not arrive (no free connection, or a pooler that does not deliver them), no cached
 * answer is used: the counter grows with every call, so that each login reads the database.
 */
export async function listenForChanges(listening: Listening): Promise<ChangeFeed> {
  const stalenessMs = listening.staleness * 1000;
  const heartbeatMs =
    stalenessMs === 0 ? maxHeartbeatMs : Math.max(50, Math.min(maxHeartbeatMs, stalenessMs / 3));
  const ownChannel = `dockpass_${randomBytes(16).toString('hex')}`;
  let counter = 0;
  let verifiedAt = -Infinity;
  let listeningState: keyof typeof faults = 'well';
  let receivedOwnMessage = (): void => {};
  const closing = new AbortController();
  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { ref: false, signal: closing.signal });

  const listen = async (): Promise<pg.Client> => {
    const client = await listening.connect();
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === ownChannel) receivedOwnMessage();
      else if (channel === broadcastChannel) listening.onMessage(payload);
      else if (payload !== listening.ownName) counter++;
    });
    const channels = [changeChannel, broadcastChannel, ownChannel];
    await within(answerTimeoutMs, client.query(channels.map((channel) => `listen ${channel}`).join(';')));
    return client;
  };
  const verifyListening = async (client: pg.Client): Promise<void> => {
    const askedAt = performance.now();
    const received = new Promise<void>((resolve) => (receivedOwnMessage = resolve));
    await within(answerTimeoutMs, client.query(`notify ${ownChannel}`));
    const getsNoNotifications = await within(ownMessageTimeoutMs, received).then(
      () => false,
      () => true,
    );
    verifiedAt = getsNoNotifications ? -Infinity : askedAt;
    listeningState = getsNoNotifications ? 'noNotifications' : 'well';
  };
  let current: pg.Client | undefined = await listen();
  await verifyListening(current).catch(() => {});
  let hasEnded = ended(current);
  const keepListening = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        if (current === undefined) {
          current = await listen();
          hasEnded = ended(current);
          listening.onBroken();
          // Notifications that were sent in the meantime are lost, so everything may have changed.
          counter++;
        }
        await verifyListening(current);
        await Promise.race([pause(heartbeatMs), hasEnded]);
      } catch (error) {
        const lost = current;
        current = undefined;
        void lost?.end().catch(() => {});
        if (closing.signal.aborted) return;
        if (lost !== undefined) {
          listening.onBroken();
          continue;
        }
        listeningState = isUnreachable(error) ? 'unreachable' : 'refused';
        if (listeningState === 'refused') verifiedAt = -Infinity;
        await pause(reconnectPauseMs).catch(() => {});
      }
    }
  };
  const listeningLoop = keepListening();
  return {
    changes: () => {
      if (stalenessMs === 0 || performance.now() - verifiedAt > stalenessMs) counter++;
      return counter;
    },
    count: () => {
      counter++;
    },
    missedChangesReason: () => faults[listeningState],
    close: async () => {
      closing.abort();
      await listeningLoop;
      await current?.end().catch(() => {});
    },
  };
}

/** Rejects when the connection ends. */
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
    throw new Error('the database does not answer');
  });
  try {
    await Promise.race([work, silence]);
  } finally {
    done.abort();
    silence.catch(() => {});
    work.catch(() => {});
  }
}
