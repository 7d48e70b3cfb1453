import { expect, test } from 'vitest';
import { compareClock, watchClock } from '../../../src/keys/clock-fault.ts';
import { fakeClock, startOfTime } from '../../support/dockpass/issuer.ts';

const hour = 60 * 60;
const day = 24 * hour;

test('a time before the day of the build is not plausible', () => {
  const clock = fakeClock();
  const fault = compareClock(clock, undefined, startOfTime);
  expect(fault()).toBeUndefined();
  clock.advance(-day);
  expect(fault()).toBeUndefined();
  clock.advance(-1);
  expect(fault()).toContain('before the day on which this version of dockpass was built (2026-03-01');
  expect(compareClock(clock, undefined, undefined)()).toBeUndefined();
});

test('a time before the newest event in the database is not plausible, but a difference of an hour is', () => {
  const clock = fakeClock();
  const fault = compareClock(clock, startOfTime, undefined);
  clock.advance(100 * day);
  expect(fault()).toBeUndefined();
  clock.advance(-100 * day - hour);
  expect(fault()).toBeUndefined();
  clock.advance(-1);
  expect(fault()).toContain('before the newest event in the database (2026-03-01T12:00:00.000Z)');
});

test('a clock that was set while dockpass ran is not plausible until it is set back, or for an hour', () => {
  const clock = fakeClock();
  let monotonic = 0;
  const fault = watchClock(clock, () => monotonic);
  const pass = (wall: number, real: number): string | undefined => {
    clock.advance(wall);
    monotonic += real * 1000;
    return fault();
  };
  expect(pass(15, 15)).toBeUndefined();
  expect(pass(100 * day, 0)).toContain('was set forward by 8640000 s');
  expect(pass(hour / 2, hour / 2)).toContain('forward');
  expect(pass(-100 * day, 0)).toBeUndefined();
  expect(pass(-day, 0)).toContain('was set back by 86400 s');
  expect(pass(hour - 1, hour - 1)).toContain('back');
  expect(pass(2, 2)).toBeUndefined();
  // Many small corrections are no jump.
  for (let count = 0; count < 10; count++) expect(pass(20, 0)).toBeUndefined();
});
