import { setTimeout as wait } from 'node:timers/promises';

/** The interval in milliseconds at which old rows are deleted. */
const intervalMs = 10 * 60 * 1000;
/** The pause in milliseconds after each batch of deletions. During the pause, the server can answer requests. */
const pauseMs = 20;

/**
 * Deletes old rows in batches: once at the start, then every ten minutes.
 * @param removers functions that each remove one batch and return the number of removed rows. Each is called until it
 *   returns 0, one after the other
 * @param onFailure called if a remover throws. The next run tries again
 * @returns a function that stops the deletions and waits for a run that is in progress
 */
export function startPruning(
  removers: readonly (() => Promise<number>)[],
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const prune = async (): Promise<void> => {
    try {
      for (const removeBatch of removers)
        while (!signal.aborted && (await removeBatch()) > 0) await wait(pauseMs, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  };
  let pruning = prune();
  const timer = setInterval(() => void (pruning = pruning.then(prune)), intervalMs).unref();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await pruning;
  };
}
