import type { KeyRing } from './key-ring.ts';

/**
 * Milliseconds. Shorter than publishLead, so that every process has loaded a new key before any process signs with
 * it.
 */
const intervalMs = 400;

/**
 * Calls `refresh` regularly while the server runs: it loads keys of other processes and renews keys that expire
 * soon. If a call fails, the present keys stay in use. `onTrouble` is called with the first error of a series, and
 * with undefined when the series ends.
 * @returns a function that stops the loop
 */
export function startRefreshLoop(ring: KeyRing, onTrouble: (error: unknown) => void): () => void {
  let isRefreshing = false;
  let hasFailed = false;
  const timer = setInterval(() => {
    if (isRefreshing) return;
    isRefreshing = true;
    ring
      .refresh()
      .then(
        () => {
          if (hasFailed) onTrouble(undefined);
          hasFailed = false;
        },
        (error: unknown) => {
          if (!hasFailed) onTrouble(error);
          hasFailed = true;
        },
      )
      .finally(() => {
        isRefreshing = false;
      });
  }, intervalMs).unref();
  return () => {
    clearInterval(timer);
  };
}
