/**
 * Returns a function that runs `work`, but never more than once at the same time. Calls that arrive during a run all
 * wait for one further run. That run starts after these calls, so it sees every change that was made before them.
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
