/**
 * After a pause, `burst` notices are passed on without a delay. If more arrive, `perSecond` notices are passed on in
 * each second.
 */
const burst = 20;
const perSecond = 20;

/**
 * Limits how often notices of changes are passed on. Any role that may connect to the database can send such notices,
 * and each notice makes the logins that follow read the database. The last notice is never lost: if too many arrive,
 * one is passed on for all of them, at most 50 milliseconds later.
 * @param pass is called for the notices that are passed on
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
