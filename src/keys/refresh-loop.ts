import type { KeyRing } from './key-ring.ts';

/**
 * The interval between two refreshes of the key ring, in milliseconds. It is shorter than `publishLead`
 * (rotation-schedule.ts), so that every process has loaded a new signing key before any process signs with this key.
 */
const intervalMs = 400;

/**
 * Calls `refresh` of the key ring regularly while the server runs. `refresh` loads keys that other processes created,
 * and renews keys that expire soon. If a call fails, the keys that are already loaded stay in use. `onTrouble` is
 * called with the first error of a series of failed calls, and with undefined when a call succeeds again.
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
