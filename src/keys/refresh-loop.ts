import type { KeyRing } from './key-ring.ts';

/** Milliseconds. Shorter than publishLead: every process has a new leaf in its key set before anyone signs by it. */
const interval = 400;

/**
 * Takes in what other processes make and renews what comes to its end, for as long as the server runs. A look that
 * fails keeps the keys that are there; `onTrouble` hears of the first of a row, and of its end as undefined.
 * @returns what ends it
 */
export function startRefreshLoop(ring: KeyRing, onTrouble: (error: unknown) => void): () => void {
  let looking = false;
  let inTrouble = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    ring
      .refresh()
      .then(
        () => {
          if (inTrouble) onTrouble(undefined);
          inTrouble = false;
        },
        (error: unknown) => {
          if (!inTrouble) onTrouble(error);
          inTrouble = true;
        },
      )
      .finally(() => {
        looking = false;
      });
  }, interval).unref();
  return () => {
    clearInterval(timer);
  };
}
