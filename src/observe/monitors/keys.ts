import type { KeyDescription } from '../../keys/key-ring.ts';
import type { Warning } from './health-checks.ts';

const day = 24 * 60 * 60 * 1000;
/** Milliseconds. An authority's rollover wants a restart of every registry: time to plan it. */
const authorityNotice = 180 * day;

/**
 * What is near its end among the keys. Pure.
 * @param rotateBefore seconds before its end at which a leaf's successor is due
 * @param now milliseconds since the epoch
 */
export function keyWarnings(keys: readonly KeyDescription[], rotateBefore: number, now: number): Warning[] {
  const authority = keys.find(({ name }) => name === 'authority');
  const newest = keys.findLast(({ name }) => name !== 'authority');
  const warnings: Warning[] = [];
  // Half of the time for renewing is gone without a successor: something keeps it from being made.
  if (newest !== undefined && Date.parse(newest.until) - now < (rotateBefore * 1000) / 2) {
    const mend =
      authority?.use === 'certifies leaves elsewhere'
        ? 'run "dockpass keys rotate" where the authority\'s key is'
        : 'see the log for why, then run "dockpass keys rotate"';
    const message = `the leaf ends ${newest.until} and has no successor: ${mend}`;
    warnings.push({ code: 'leaf_near_end', message });
  }
  if (authority !== undefined && Date.parse(authority.until) - now < authorityNotice) {
    const message = `the authority ends ${authority.until}: begin its rollover with "dockpass keys rotate --authority"`;
    warnings.push({ code: 'authority_near_end', message });
  }
  return warnings;
}
