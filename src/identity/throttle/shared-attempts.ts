import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError } from '../../errors.ts';
import type { Broadcast } from '../../store/broadcast.ts';
import type { CountedAttempt, AttemptCounters } from './attempt-counters.ts';
import {
  formatMessage,
  maxAddressesPerMessage,
  parseMessage,
  type AttemptMessage,
  type KnownAddress,
  type SharedAttempt,
} from './attempt-messages.ts';
import type { AttemptRecorder } from './throttle.ts';

/** How long a process waits for its own message to come back from the database, in milliseconds. */
const replyTimeoutMs = 3000;
/**
 * The time between two messages with new addresses, in milliseconds. With these messages, a process tells the other
 * processes from which new addresses users have logged in.
 */
const knownAddressesIntervalMs = 1000;
/**
 * The maximum number of new addresses that wait to be sent to the other processes. While this many addresses wait, the
 * process drops any further new address, so the other processes do not learn of it.
 */
const maxUnsentAddresses = 1000;
/**
 * The largest number of received messages that wait because a user must first be read from the database. While this
 * many messages wait, further messages are ignored.
 */
const maxWaitingMessages = 10_000;

/**
 * Counts failed login attempts for all processes that share a database. Each process sends a message when the check of
 * an attempt begins and another message when the check ends. The database delivers all messages to all processes,
 * including the sender, in the same order. So all processes reach the same counts, and attempts that are spread over
 * several processes are limited as if there were one process.
 *
 * For an unsuspicious attempt (see `isUnsuspicious`), the process sends no message when the check begins. So if the
 * password is correct, counting the attempt needs no database query. The disadvantage is that each process can check
 * one wrong password before it knows the attempts of the other processes.
 *
 * @param readUnlockedAt returns when an administrator last unlocked the user of this name, in seconds since the epoch.
 *   The messages do not contain this time
 */
export function shareAttempts(
  broadcast: Broadcast,
  readUnlockedAt: (account: string) => Promise<number | null> = async () => null,
): (counters: AttemptCounters) => AttemptRecorder {
  return (counters) => {
    /**
     * The messages that this process sent and that have not come back yet, by id. When a message comes back, its
     * callback is called with the number of seconds that the client must wait.
     */
    const sent = new Map<string, SentMessage>();
    let unsentAddresses: KnownAddress[] = [];
    /** The attempts that this process began to check without telling the other processes. */
    const unannounced = new Set<CountedAttempt>();

    const beginIfAllowed = (attempt: CountedAttempt): number => {
      const seconds = counters.secondsToWait(attempt);
      if (seconds === 0) counters.begin(attempt);
      return seconds;
    };
    const apply = (message: AttemptMessage, unlockedAt: number): void => {
      switch (message.event) {
        case 'begin': {
          const seconds = beginIfAllowed({ ...message.attempt, unlockedAt });
          sent.get(message.id)?.callback(seconds);
          return;
        }
        case 'end':
          counters.end({ ...message.attempt, unlockedAt }, message.outcome);
          sent.get(message.id)?.callback(0);
          return;
        case 'known addresses':
          for (const [addressPrefix, account] of message.addresses)
            counters.addKnownAddress(addressPrefix, account);
      }
    };
    /**
     * Returns when the user of the attempt in this message was last unlocked. If this process sent the message, the
     * time is in `sent`. If the attempt is unsuspicious (see `isUnsuspicious`), the time makes no difference, so the
     * user is not read from the database. Otherwise, the user is read, and the result is a promise.
     */
    const unlockedAtOf = (message: AttemptMessage): number | Promise<number> => {
      if (message.event === 'known addresses') return neverUnlocked;
      const own = sent.get(message.id);
      if (own !== undefined) return own.unlockedAt;
      const attempt = { ...message.attempt, unlockedAt: neverUnlocked };
      if (counters.isUnsuspicious(attempt)) return neverUnlocked;
      return readUnlockedAt(attempt.account).then(
        (unlockedAt) => unlockedAt ?? neverUnlocked,
        () => neverUnlocked,
      );
    };
    /**
     * Resolves when all received messages have been applied. Messages must be applied in the order of their arrival. So
     * while a user is read from the database for one message, all later messages wait.
     */
    let lastWaiting: Promise<void> = Promise.resolve();
    let waitingCount = 0;
    const receive = (message: AttemptMessage): void => {
      if (waitingCount >= maxWaitingMessages) return;
      const unlockedAt = unlockedAtOf(message);
      if (waitingCount === 0 && typeof unlockedAt === 'number') return apply(message, unlockedAt);
      waitingCount++;
      lastWaiting = lastWaiting.then(async () => {
        apply(message, await unlockedAt);
        waitingCount--;
      });
    };
    const stopListening = broadcast.subscribe((text) => {
      const message = parseMessage(text);
      if (message !== undefined) receive(message);
    });
    /**
     * Sends a message to all processes. The message says either that a login attempt begins, or that the password check
     * of an attempt has ended. Then waits until the database delivers the message to this process as well. By then,
     * this process has applied all earlier messages. If the attempt begins, resolves to the number of seconds that the
     * client must wait before its password may be checked. If the check has ended, resolves to 0. If this process does
     * not receive the message in time, resolves to undefined, and the caller counts the attempt only in this process.
     * This can happen if a connection pooler in front of the database drops notifications.
     */
    const sendAndWait = async (
      message: Exclude<AttemptMessage, { event: 'known addresses' }>,
      unlockedAt: number,
    ): Promise<number | undefined> => {
      const abortTimeout = new AbortController();
      const received = new Promise<number>((callback) => sent.set(message.id, { unlockedAt, callback }));
      const timeout = wait(replyTimeoutMs, undefined, { ref: false, signal: abortTimeout.signal }).catch(
        () => undefined,
      );
      try {
        await broadcast.publish(formatMessage(message));
        return await Promise.race([received, timeout]);
      } catch (cause) {
        throw new DockpassError(
          'unavailable',
          'logins cannot be checked right now; try again in a few seconds',
          { cause, retryAfter: 5 },
        );
      } finally {
        abortTimeout.abort();
        sent.delete(message.id);
      }
    };
    const sendKnownAddresses = (): void => {
      const addresses = unsentAddresses.splice(0, maxAddressesPerMessage);
      if (addresses.length === 0) return;
      const message: AttemptMessage = { event: 'known addresses', addresses };
      // The error is ignored, because a lost message does little harm. The message tells other processes from which
      // addresses users have logged in. If it is lost, these processes limit attempts from such an address as from an
      // unknown address. This makes a difference only while someone attacks the account.
      broadcast.publish(formatMessage(message)).catch(() => {});
    };
    const timer = setInterval(sendKnownAddresses, knownAddressesIntervalMs).unref();

    return {
      begin: async (attempt) => {
        if (!counters.isUnsuspicious(attempt)) {
          const seconds = await sendAndWait(
            { event: 'begin', id: randomUUID(), attempt: toShared(attempt) },
            attempt.unlockedAt,
          );
          return seconds ?? beginIfAllowed(attempt);
        }
        counters.begin(attempt);
        unannounced.add(attempt);
        return 0;
      },
      end: async (attempt, outcome) => {
        const isUnannounced = unannounced.delete(attempt);
        if (outcome === 'right' && !attempt.isKnownAddress) {
          counters.addKnownAddress(attempt.addressPrefix, attempt.account);
          if (unsentAddresses.length < maxUnsentAddresses)
            unsentAddresses.push([attempt.addressPrefix, attempt.account]);
        }
        // The other processes need no message. They do not know that this check began, and there is no wrong password
        // that they would have to count.
        if (isUnannounced && outcome !== 'wrong') return counters.end(attempt, outcome);
        try {
          const reply = await sendAndWait(
            { event: 'end', id: randomUUID(), attempt: toShared(attempt), outcome },
            attempt.unlockedAt,
          );
          if (reply === undefined) counters.end(attempt, outcome);
        } catch (error) {
          counters.end(attempt, outcome);
          // The message could not be sent, so the other processes have not counted the attempt. After a correct
          // password, ignore this error, so that the login succeeds. After a wrong password, send the client this error
          // instead of "wrong password", because the client must not learn that a password is wrong before all
          // processes have counted the attempt.
          if (outcome === 'wrong') throw error;
        }
      },
      close: () => {
        clearInterval(timer);
        unsentAddresses = [];
        stopListening();
      },
    };
  };
}

interface SentMessage {
  readonly unlockedAt: number;
  readonly callback: (secondsToWait: number) => void;
}

/** The value of `unlockedAt` for a user who was never unlocked. */
const neverUnlocked = -1;

function toShared({ unlockedAt: _unlockedAt, ...attempt }: CountedAttempt): SharedAttempt {
  return attempt;
}
