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
  const leaves = keys.filter(({ name }) => name !== 'authority');
  const newest = leaves.findLast(({ from }) => Date.parse(from) <= now);
  const warnings: Warning[] = [];
  // A successor should be created `rotateBefore` seconds before the newest key expires. If the newest key expires in
  // less than half of `rotateBefore`, the successor is overdue, so something prevents its creation.
  if (newest !== undefined && Date.parse(newest.until) - now < (rotateBefore * 1000) / 2) {
    const fix =
      authority?.use === 'certifies leaves elsewhere'
        ? 'Run "dockpass keys rotate" on the machine that has the key of the certificate authority.'
        : 'Find the reason in the log and fix it. Then run "dockpass keys rotate".';
    warnings.push({
      code: 'leaf_near_end',
      problem: `the signing key expires at ${newest.until} and has no successor`,
      impact: 'After that time, registries reject every token.',
      fix,
    });
  }
  const early = leaves.find(({ from }) => Date.parse(from) > now);
  if (early !== undefined) {
    warnings.push({
      code: 'leaf_not_yet_valid',
      problem: `the certificate of the signing key ${early.name} is not valid before ${early.from}. Either the clock of this machine was ahead when the certificate was created, or the clock is behind now`,
      impact: 'dockpass does not use this key until then.',
      fix: 'If the clock is behind, set it. If it is right, you do not need to do anything.',
    });
  }
  if (authority !== undefined && Date.parse(authority.until) - now < authorityNoticeMs) {
    warnings.push({
      code: 'authority_near_end',
      problem: `the certificate authority expires at ${authority.until}`,
      impact: 'After that time, registries reject every token.',
      fix: 'Run "dockpass keys rotate --authority" to start its rollover.',
    });
  }
  return warnings;
}

/**
 * Returns a list with one fault if registries reject every token now, because the CA or the signing key has no valid
 * certificate. Otherwise, returns an empty list.
 * @param now milliseconds since the epoch
 */
export function findKeyFaults(keys: readonly KeyDescription[], now: number): string[] {
  const time = new Date(now).toISOString();
  const authority = keys.find(({ name }) => name === 'authority');
  if (authority !== undefined && !isValid(authority, now))
    return [
      `registries reject every token: the certificate authority is valid from ${authority.from} until ${authority.until} (the clock of this machine shows ${time}). If the clock is wrong, set it. If it is right, run "dockpass keys rotate --authority".`,
    ];
  const current = keys.find(({ use }) => use === 'signs tokens');
  if (current !== undefined && isValid(current, now)) return [];
  const state =
    current === undefined
      ? `no signing key has a certificate that is valid yet (the clock of this machine shows ${time})`
      : `the certificate of the signing key expired at ${current.until} (the clock of this machine shows ${time})`;
  return [
    `registries reject every token: ${state}. If the clock is wrong, set it. If it is right, run "dockpass keys rotate".`,
  ];
}

function isValid({ from, until }: KeyDescription, now: number): boolean {
  return Date.parse(from) <= now && now < Date.parse(until);
}
