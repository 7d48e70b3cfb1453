/**
 * Returns a function that calls `work`, but only after all earlier calls have ended. A call that fails does not stop the
 * later ones.
 */
export function oneAfterAnother<Args extends readonly unknown[]>(
  work: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (...args) => {
    const own = last.then(() => work(...args));
    last = own.catch(() => {});
    return own;
  };
}
