import { describe, expect, test } from 'vitest';
import { seeded, spread } from '../../../bench/random.ts';
import { simulate, type Job } from '../../../bench/simulate.ts';

// These tests compare the simulation behind docs/scale.md with results of queueing theory.

const one = [{ name: 'one', servers: 1 }];

/**
 * Creates `count` jobs with Poisson arrivals, on average `load` of them per second. `seconds` returns the service time
 * of a job, which should be one second on average.
 */
function* arrivals(load: number, count: number, seconds: (random: () => number) => number): Generator<Job> {
  const random = seeded(7);
  for (let at = 0, job = 0; job < count; job++) {
    at -= Math.log(1 - random()) / load;
    yield { at, visits: [{ station: 0, seconds: seconds(random) }] };
  }
}

/** Returns the mean latency, which is the mean of all its percentiles. */
function meanOf(result: ReturnType<typeof simulate>): number {
  const ranks = Array.from({ length: 1000 }, (_, at) => (at + 0.5) / 1000);
  return ranks.reduce((sum, rank) => sum + result.percentile(rank), 0) / ranks.length;
}

describe('simulate', () => {
  test('serves jobs in the order of arrival, and the next job waits', () => {
    const jobs = [0, 0, 1.5].map((at): Job => ({ at, visits: [{ station: 0, seconds: 1 }] }));
    const result = simulate(one, jobs);
    expect([result.percentile(0.1), result.percentile(0.5), result.percentile(1)]).toEqual([1, 1.5, 2]);
    expect(result).toMatchObject({ answered: 3, turnedAway: 0, lastAnswer: 3, end: 3 });
    expect(result.stations).toEqual([{ name: 'one', busy: 3, longestQueue: 1, longestWait: 1 }]);
  });

  test('agrees with M/M/1: a mean latency of 1 / (1 - load)', () => {
    const result = simulate(
      one,
      arrivals(0.7, 60_000, (random) => -Math.log(1 - random())),
    );
    expect(Math.abs(meanOf(result) / (1 / (1 - 0.7)) - 1)).toBeLessThan(0.05);
  });

  test('agrees with M/D/1 (Pollaczek and Khinchine): a mean latency of 1 + load / (2 (1 - load))', () => {
    const result = simulate(
      one,
      arrivals(0.8, 60_000, () => 1),
    );
    expect(Math.abs(meanOf(result) / (1 + 0.8 / (2 * 0.2)) - 1)).toBeLessThan(0.05);
  });

  test('serves as many jobs at once as a station has servers', () => {
    const jobs = Array.from({ length: 8 }, (): Job => ({ at: 0, visits: [{ station: 0, seconds: 1 }] }));
    expect(simulate([{ name: 'four', servers: 4 }], jobs).lastAnswer).toBe(2);
  });

  test('rejects jobs if the queue is full, and they try again after retryAfter', () => {
    const gate = [{ name: 'gate', servers: 1, room: 1 }];
    const jobs = [0, 0, 0].map((at): Job => ({ at, visits: [{ station: 0, seconds: 1 }], retryAfter: 5 }));
    expect(simulate(gate, jobs)).toMatchObject({ answered: 3, turnedAway: 1, lastAnswer: 6 });
    const givenUp = jobs.map(({ at, visits }): Job => ({ at, visits }));
    expect(simulate(gate, givenUp)).toMatchObject({ answered: 2, turnedAway: 1, lastAnswer: 2 });
  });

  test('continues with background work after the answer', () => {
    const stations = [...one, { name: 'rows', servers: 1 }];
    const background = [{ station: 1, seconds: 10 }];
    const jobs = [0, 0].map((at): Job => ({ at, visits: [{ station: 0, seconds: 1 }], background }));
    expect(simulate(stations, jobs)).toMatchObject({ lastAnswer: 2, end: 21 });
  });

  test('has the same result every time', () => {
    const run = () =>
      simulate(
        one,
        arrivals(0.9, 1000, (random) => random()),
      );
    expect(run().percentile(0.99)).toBe(run().percentile(0.99));
    expect(run().stations).toEqual(run().stations);
  });
});

describe('seeded', () => {
  test('returns other numbers for another seed, evenly distributed between 0 and 1', () => {
    const [first, second] = [seeded(1), seeded(2)];
    expect(first()).not.toBe(second());
    const drawn = Array.from({ length: 10_000 }, first);
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(Math.abs(drawn.reduce((sum, number) => sum + number, 0) / 10_000 - 0.5)).toBeLessThan(0.01);
  });

  test('spreads moments over a period, in ascending order', () => {
    const moments = spread(1000, 10, 20, seeded(3));
    expect(moments).toEqual(Float64Array.from(moments).sort());
    expect([moments[0], moments[999]].map((at) => at !== undefined && at >= 10 && at < 20)).toEqual([
      true,
      true,
    ]);
  });
});
