/**
 * The limits of `limitNotices`: after a pause, the first `burst` notices are passed on without a delay. After them, at
 * most `perSecond` notices are passed on in each second.
 */
const burst = 20;
const perSecond = 20;

/**
 * Limits how often `pass` is called for notices of changes in the database. Any role that may connect to the database
 * can send such notices, and after each call of `pass`, logins must read the database again. If too many notices
 * arrive, `pass` is called once for all of them, at most 50 milliseconds later. So no change is missed.
 * @param pass handles a notice
 */
export function limitNotices(pass: () => void): { notice(): void; close(): void } {
  let left = burst;
  let countedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const passLater = (): void => {
    timer = undefined;
    left = 0;
    countedAt = performance.now();
    pass();
  };
  return {
    notice: () => {
      if (timer !== undefined) return;
      const now = performance.now();
      left = Math.min(burst, left + ((now - countedAt) * perSecond) / 1000);
      countedAt = now;
      if (left < 1) {
        timer = setTimeout(passLater, 1000 / perSecond).unref();
        return;
      }
      left--;
      pass();
    },
    close: () => clearTimeout(timer),
  };
}
