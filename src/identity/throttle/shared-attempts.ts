import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError } from '../../errors.ts';
import type { Broadcast } from '../../store/broadcast.ts';
import type { CountedAttempt, AttemptCounters, Outcome } from './attempt-counters.ts';
import type { AttemptRecorder } from './throttle.ts';

/** An address prefix and an account. The user of the account has logged in from an address with this prefix. */
type KnownAddress = readonly [addressPrefix: string, account: string];

/** The messages that processes send each other, as JSON. */
type Message =
  | { readonly event: 'begin'; readonly id: string; readonly attempt: CountedAttempt }
  | {
      readonly event: 'end';
      readonly id: string;
      readonly attempt: CountedAttempt;
      readonly outcome: Outcome;
    }
  | { readonly event: 'known addresses'; readonly addresses: readonly KnownAddress[] };

/** The maximum time that a process waits to receive its own message from the database, in milliseconds. */
const replyTimeoutMs = 3000;
/**
 * The time between two messages with new addresses, in milliseconds. With these messages, a process tells the other
 * processes from which new addresses users have logged in.
 */
const knownAddressesIntervalMs = 1000;
/** The largest number of addresses in one message, because a message must be shorter than 8,000 bytes. */
const maxAddressesPerMessage = 12;
/**
 * The maximum number of new addresses that wait to be sent to the other processes. While this many addresses wait, the
 * process drops any further new address, so the other processes do not learn of it.
 */
const maxUnsentAddresses = 1000;

/**
 * Counts failed login attempts for all processes that share a database. Each process sends a message when the check of
 * an attempt begins and another message when the check ends. The database delivers all messages to all processes,
 * including the sender, in the same order. So all processes reach the same counts, and attempts that are spread over
 * several processes are limited as if there were one process.
 *
 * For an unsuspicious attempt (see `isUnsuspicious`), the process sends no message when the check begins. So if the
 * password is correct, counting the attempt needs no database query. The disadvantage is that each process can check
 * one wrong password before it knows the attempts of the other processes.
 */
export function shareAttempts(broadcast: Broadcast): (counters: AttemptCounters) => AttemptRecorder {
  return (counters) => {
    /**
     * The callbacks for the messages that this process sent, by message id. When the database delivers such a message
     * to this process, the callback for the message is called with the number of seconds for which the client of the login attempt must wait.
     */
    const callbacks = new Map<string, (secondsToWait: number) => void>();
    let unsentAddresses: KnownAddress[] = [];
    /** The attempts that this process began to check without telling the other processes. */
    const unannounced = new Set<CountedAttempt>();

    const beginIfAllowed = (attempt: CountedAttempt): number => {
      const seconds = counters.secondsToWait(attempt);
      if (seconds === 0) counters.begin(attempt);
      return seconds;
    };
    const apply = (message: Message): void => {
      switch (message.event) {
        case 'begin': {
          const seconds = beginIfAllowed(message.attempt);
          callbacks.get(message.id)?.(seconds);
          return;
        }
        case 'end':
          counters.end(message.attempt, message.outcome);
          callbacks.get(message.id)?.(0);
          return;
        case 'known addresses':
          for (const [addressPrefix, account] of message.addresses)
            counters.addKnownAddress(addressPrefix, account);
      }
    };
    const stopListening = broadcast.subscribe((text) => {
      const message = parseMessage(text);
      if (message !== undefined) apply(message);
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
      message: Exclude<Message, { event: 'known addresses' }>,
    ): Promise<number | undefined> => {
      const abortTimeout = new AbortController();
      const received = new Promise<number>((resolve) => callbacks.set(message.id, resolve));
      const timeout = wait(replyTimeoutMs, undefined, { ref: false, signal: abortTimeout.signal }).catch(
        () => undefined,
      );
      try {
        await broadcast.publish(JSON.stringify(message));
        return await Promise.race([received, timeout]);
      } catch (cause) {
        throw new DockpassError(
          'unavailable',
          'logins cannot be checked right now; try again in a few seconds',
          { cause, retryAfter: 5 },
        );
      } finally {
        abortTimeout.abort();
        callbacks.delete(message.id);
      }
    };
    const sendKnownAddresses = (): void => {
      const addresses = unsentAddresses.splice(0, maxAddressesPerMessage);
      if (addresses.length === 0) return;
      const message: Message = { event: 'known addresses', addresses };
      // Ignore the error, because a lost message does little harm. A process that does not receive the message applies
      // the stricter limits for unknown addresses. These limits delay a login only after many wrong passwords.
      broadcast.publish(JSON.stringify(message)).catch(() => {});
    };
    const timer = setInterval(sendKnownAddresses, knownAddressesIntervalMs).unref();

    return {
      begin: async (attempt) => {
        if (!counters.isUnsuspicious(attempt)) {
          const seconds = await sendAndWait({ event: 'begin', id: randomUUID(), attempt });
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
          const reply = await sendAndWait({ event: 'end', id: randomUUID(), attempt, outcome });
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

/**
 * Parses a message. Returns undefined if this version does not know the message. During an update, servers of another
 * version may send unknown messages.
 */
function parseMessage(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Message;
    return ['begin', 'end', 'known addresses'].includes(message.event) ? message : undefined;
  } catch {
    return undefined;
  }
}
