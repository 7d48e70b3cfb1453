import type { KeyDescription } from '../../keys/key-ring.ts';
import type { Warning } from './health-checks.ts';

const day = 24 * 60 * 60 * 1000;
/**
 * The warning appears this many milliseconds before the certificate authority expires. A rollover needs a restart of
 * every registry, which takes time to plan.
 */
const authorityNoticeMs = 180 * day;

/**
 * Returns a warning for each key that expires soon.
 * @param rotateBefore how long before a leaf certificate expires its successor should be created, in seconds
 * @param now milliseconds since the epoch
 */
export function keyWarnings(keys: readonly KeyDescription[], rotateBefore: number, now: number): Warning[] {
  const authority = keys.find(({ name }) => name === 'authority');
  const newest = keys.findLast(({ name }) => name !== 'authority');
  const warnings: Warning[] = [];
  // A successor should be created `rotateBefore` seconds before the newest key expires. If the newest key expires in
  // less than half of `rotateBefore`, the successor is overdue, so something prevents its creation.
  if (newest !== undefined && Date.parse(newest.until) - now < (rotateBefore * 1000) / 2) {
    const fix =
      authority?.use === 'certifies leaves elsewhere'
        ? 'Run "dockpass keys rotate" on the machine that has the key of the certificate authority.'
        : 'Find the reason in the log and fix it. Then run "dockpass keys rotate".';
    const message = `the signing key expires at ${newest.until} and has no successor. ${fix}`;
    warnings.push({ code: 'leaf_near_end', message });
  }
  if (authority !== undefined && Date.parse(authority.until) - now < authorityNoticeMs) {
    const message = `the certificate authority expires at ${authority.until}. Run "dockpass keys rotate --authority" to start its rollover.`;
    warnings.push({ code: 'authority_near_end', message });
  }
  return warnings;
}
