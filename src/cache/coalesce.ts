/**
 * Runs `work` at most once at a time. Calls during a run wait for the next run and share it. That run starts after
 * these calls, so it sees every change that a caller knows about.
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
