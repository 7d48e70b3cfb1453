import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { broadcastChannel } from '../broadcast.ts';
import type { MissedChanges } from '../store.ts';
import { isUnreachable } from './explain-error.ts';
import { limitNotices } from './notice-limit.ts';
import { changeChannel } from './triggers.ts';

export interface ChangeFeed {
  /** Returns the change counter, see `Store.changes`. */
  changes(): number;
  /** Increments the change counter after a write by this process. */
  count(): void;
  /** Returns why this process receives no notifications, see `Store.missedChangesReason`. */
  missedChangesReason(): MissedChanges | undefined;
  close(): Promise<void>;
}

export interface Listening {
  readonly connect: () => Promise<pg.Client>;
  /**
   * The name under which this process sends notifications about its own changes. The process ignores notifications with
   * this name, because it has already counted its own changes when it made them.
   */
  readonly ownName: string;
  /**
   * The number of seconds for which logins may use cached data while the database cannot be reached. If this is 0,
   * every login reads the database.
   */
  readonly staleness: number;
  /** Is called with each message on the broadcast channel. Any role that may connect can send such messages. */
  readonly onMessage: (text: string) => void;
  /**
   * Is called when the connection for notifications breaks, and a second time when a new connection for notifications
   * is open. Each time, the callback should replace the connections of the pool. These connections lead to the same
   * server as the broken connection, so they may be broken too.
   */
  readonly onBroken: () => void;
}

/**
 * The maximum pause between two test messages, in milliseconds. This process sends the test messages to itself, to
 * check that its connection for notifications works.
 */
const maxHeartbeatMs = 2000;
const answerTimeoutMs = 5000;
const ownMessageTimeoutMs = 1000;
const reconnectPauseMs = 500;

const faults = {
  well: undefined,
  noNotifications: {
    problem: 'PostgreSQL does not deliver notifications of changes',
    impact: 'Each login reads the database.',
    fix: 'Connect dockpass to PostgreSQL directly, not through a pooler in transaction mode.',
  },
  refused: {
    problem: 'PostgreSQL rejects the connection for notifications of changes',
    impact: 'Each login reads the database.',
    fix: 'Look for the reason in the PostgreSQL log. The most common reasons are that max_connections is too low or that the password has changed.',
  },
  unreachable: {
    problem: 'PostgreSQL cannot be reached',
    impact:
      'For the time in the setting "databaseStaleness", dockpass still accepts cached logins. dockpass answers all other logins with status 503.',
    fix: 'Check that PostgreSQL is running.',
  },
} as const satisfies Readonly<Record<string, MissedChanges | undefined>>;

/**
 * Listens on a separate connection for changes that other processes make, and counts these changes. On the same
 * connection, this process repeatedly sends a message to itself. When such a message arrives, all notifications that
 * were sent before it have arrived as well, so no notification was missed.
 *
 * If the database cannot be reached, logins use cached data for at most `staleness` seconds. If the database can be
 * reached but notifications do not arrive (because no connection is free, or because a pooler does not deliver them),
 * logins use no cached data: every call of `changes` increments the counter, so each login reads the database.
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
  const notices = limitNotices(() => counter++);
  const closing = new AbortController();
  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { ref: false, signal: closing.signal });

  // The driver calls this function. An exception here would end the process, and anyone who may connect to the database
  // can send messages. So an error in the handling of a message only loses that message.
  const receive = (text: string): void => {
    try {
      listening.onMessage(text);
    } catch {
      return;
    }
  };
  const listen = async (): Promise<pg.Client> => {
    const client = await listening.connect();
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === ownChannel) receivedOwnMessage();
      else if (channel === broadcastChannel) receive(payload);
      else if (payload !== listening.ownName) notices.notice();
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
          // Notifications that were sent while the connection was broken are lost. Any data may have changed in the
          // meantime, so the counter is incremented.
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
      notices.close();
      await listeningLoop;
      await current?.end().catch(() => {});
    },
  };
}

/** Returns a promise that rejects when the connection ends. */
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
