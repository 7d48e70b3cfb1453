/**
 * Returns a function that runs `work`, but never starts a run before the previous run has ended. All calls that arrive
 * during a run wait for the same next run. The next run starts after these calls, so it sees every change that was made
 * before them.
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return (running = work());
      });
    return next;
  };
}
