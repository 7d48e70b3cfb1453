import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DockpassError } from '../../errors.ts';
import type { Broadcast } from '../../store/broadcast.ts';
import type { CountedAttempt, AttemptCounters, Outcome } from './attempt-counters.ts';
import type { AttemptOrder } from './throttle.ts';

/** What processes tell each other about guesses. */
type Told =
  | { readonly what: 'begin'; readonly id: string; readonly guess: CountedAttempt }
  | { readonly what: 'end'; readonly id: string; readonly guess: CountedAttempt; readonly outcome: Outcome }
  | { readonly what: 'familiar'; readonly pairs: readonly (readonly [from: string, account: string])[] };

/** Milliseconds. */
const heardWithin = 3000;
const familiarEvery = 1000;
/** To one announcement, which holds 8,000 bytes; and held at most until then. */
const pairsAtOnce = 12;
const pairsHeld = 1000;

/**
 * Counts guesses for all processes together. The database hands every announcement to all in one order, so all come to
 * the same counters, and who began first is the same for all: guesses spread over processes are stopped as if there
 * were one. A guess against which nothing is counted is checked unannounced: a right first login costs no question
 * here, and of the first wrong ones at most one a process is not waited for.
 */
export function shareAttempts(announcements: Broadcast): (counters: AttemptCounters) => AttemptOrder {
  return (counters) => {
    const awaited = new Map<string, (secondsToWait: number) => void>();
    let newlyFamiliar: (readonly [string, string])[] = [];
    /** Begun here, and told to nobody yet. */
    const unannounced = new Set<CountedAttempt>();

    const beginInTurn = (guess: CountedAttempt): number => {
      const seconds = counters.secondsToWait(guess);
      if (seconds === 0) counters.begin(guess);
      return seconds;
    };
    const apply = (told: Told): void => {
      switch (told.what) {
        case 'begin': {
          const seconds = beginInTurn(told.guess);
          awaited.get(told.id)?.(seconds);
          return;
        }
        case 'end':
          counters.end(told.guess, told.outcome);
          awaited.get(told.id)?.(0);
          return;
        case 'familiar':
          for (const [from, account] of told.pairs) counters.becomeFamiliar(from, account);
      }
    };
    const stopHearing = announcements.hear((text) => {
      const told = read(text);
      if (told !== undefined) apply(told);
    });
    /**
     * Resolves when we have heard it ourselves, after all that was told before; undefined where that does not happen:
     * the database hands us nothing (a pooler between), and we count for ourselves.
     */
    const tell = async (told: Exclude<Told, { what: 'familiar' }>): Promise<number | undefined> => {
      const givenUp = new AbortController();
      const heard = new Promise<number>((resolve) => awaited.set(told.id, resolve));
      const silence = wait(heardWithin, undefined, { ref: false, signal: givenUp.signal }).catch(
        () => undefined,
      );
      try {
        await announcements.tell(JSON.stringify(told));
        return await Promise.race([heard, silence]);
      } catch (cause) {
        throw new DockpassError('unavailable', 'logins cannot be checked now; try again in a few seconds', {
          cause,
          retryAfter: 5,
        });
      } finally {
        givenUp.abort();
        awaited.delete(told.id);
      }
    };
    const tellFamiliar = (): void => {
      const pairs = newlyFamiliar.splice(0, pairsAtOnce);
      // Whoever does not hear of it counts all guesses at that account: no harm without an attack.
      if (pairs.length > 0)
        announcements.tell(JSON.stringify({ what: 'familiar', pairs } satisfies Told)).catch(() => {});
    };
    const timer = setInterval(tellFamiliar, familiarEvery).unref();

    return {
      begin: async (guess) => {
        if (!counters.isQuiet(guess)) {
          const told = await tell({ what: 'begin', id: randomUUID(), guess });
          return told ?? beginInTurn(guess);
        }
        counters.begin(guess);
        unannounced.add(guess);
        return 0;
      },
      end: async (guess, outcome) => {
        const isUnannounced = unannounced.delete(guess);
        if (outcome === 'right' && !guess.familiar) {
          counters.becomeFamiliar(guess.from, guess.account);
          if (newlyFamiliar.length < pairsHeld) newlyFamiliar.push([guess.from, guess.account]);
        }
        // Nobody else counts it, and nothing is to be forgotten.
        if (isUnannounced && outcome !== 'wrong') return counters.end(guess, outcome);
        try {
          const told = await tell({ what: 'end', id: randomUUID(), guess, outcome });
          if (told === undefined) counters.end(guess, outcome);
        } catch (error) {
          counters.end(guess, outcome);
          // A right one is let in. What was wrong must not be learnt uncounted.
          if (outcome === 'wrong') throw error;
        }
      },
      close: () => {
        clearInterval(timer);
        newlyFamiliar = [];
        stopHearing();
      },
    };
  };
}

/** What another version tells may be more than we understand. */
function read(text: string): Told | undefined {
  try {
    const told = JSON.parse(text) as Told;
    return ['begin', 'end', 'familiar'].includes(told.what) ? told : undefined;
  } catch {
    return undefined;
  }
}
