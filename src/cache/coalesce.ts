/**
 * One at a time. Who asks while one is under way waits for the next, and all who wait share it: it begins after they
 * asked, so it sees what they may have heard of.
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= running
      .catch(() => {})
      .then(() => {
        waiting = undefined;
        return (running = work());
      });
    return waiting;
  };
}
