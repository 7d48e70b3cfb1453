import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findClockFault } from '../../../src/retention/clock-plausibility.ts';
import { day, now } from '../../support/retention/snapshots.ts';

const minute = 60_000;

test.each([
  [{ registryDate: now, newestEventAt: now - minute }],
  [{ registryDate: now - 4 * minute, newestEventAt: now + 4 * minute }],
  [{ registryDate: now, newestEventAt: now - 31 * day }],
  [{ registryDate: now, newestEventAt: undefined }],
  [{ registryDate: undefined, newestEventAt: now }],
])('a clock that fits to %j is plausible', (evidence) => {
  expect(findClockFault({ now, ...evidence })).toBeUndefined();
});

test.each([-365 * day, -day, -10 * minute, 10 * minute, day, 365 * day])(
  'a clock that was set by %d ms does not fit to the clock of the registry (attack 116)',
  (by) => {
    const fault = findClockFault({ now: now + by, registryDate: now, newestEventAt: now });
    expect(fault).toContain(new Date(now + by).toISOString());
    expect(fault).toContain(`the clock of the registry shows ${new Date(now).toISOString()}`);
  },
);

test.each([
  [-365 * day, 'which is before the newest event of the registry (2026-11-29T03:00:00.000Z)'],
  [365 * day, 'the newest event of the registry is from 2026-11-29T03:00:00.000Z. Either the clock is ahead'],
])(
  'a clock that was set by %d ms together with that of the registry does not fit to the events',
  (by, wanted) => {
    const fault = findClockFault({ now: now + by, registryDate: now + by, newestEventAt: now });
    expect(fault).toContain(wanted);
  },
);

test('whether a clock is plausible depends only on differences of times', () => {
  const times = fc.integer({ min: -100 * day, max: 100 * day });
  fc.assert(
    fc.property(times, times, times, (registryBy, eventBy, by) => {
      const isPlausible = (at: number): boolean =>
        findClockFault({ now: at, registryDate: at + registryBy, newestEventAt: at + eventBy }) === undefined;
      expect(isPlausible(now + by)).toBe(isPlausible(now));
      expect(isPlausible(now)).toBe(
        Math.abs(registryBy) <= 5 * minute && eventBy <= 5 * minute && eventBy >= -35 * day,
      );
    }),
  );
});
