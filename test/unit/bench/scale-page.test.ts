import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFigures, type Figures } from '../../../bench/figures.ts';
import { lifetimesTable, limitsTable, regionTable, usualSeed } from '../../../bench/scale-answers.ts';
import { measuredPieces, pieceIn, withPieces } from '../../../bench/scale-page.ts';
import { tokensThatLive } from '../../../bench/scenarios/lifetimes.ts';
import { limitsOf } from '../../../bench/scenarios/limits.ts';
import { costsOf, type Costs } from '../../../bench/scenarios/model.ts';
import { pullAtOnce } from '../../../bench/scenarios/nodes.ts';
import { loseRegion } from '../../../bench/scenarios/region.ts';
import { renewHourly } from '../../../bench/scenarios/robots.ts';
import { repository } from '../../support/run/environment.ts';

const micro = 1e-6;

/** Round figures, so that the expected results can be calculated by hand. */
const round: Costs = {
  loop: {
    'same scope': 100 * micro,
    'every scope new': 100 * micro,
    'repeated login': 100 * micro,
    'access token': 100 * micro,
    'refresh token': 100 * micro,
    'first login': 100 * micro,
  },
  signature: 50 * micro,
  hash: 0.02,
  userLookup: { own: 100 * micro, connection: 0.001, database: 100 * micro },
  robotLookup: { own: 100 * micro, connection: 0.001, database: 100 * micro },
  auditRow: 20 * micro,
  auditRowOwn: 0,
  lastUse: 20 * micro,
};

describe('docs/scale.md', () => {
  let page: string;
  let figures: Figures;
  beforeAll(async () => {
    page = await readFile(join(repository, 'docs/scale.md'), 'utf8');
    figures = await readFigures();
  });

  test('shows the figures of docs/scale.json', () => {
    for (const [name, piece] of Object.entries(measuredPieces(figures)))
      expect(pieceIn(page, name), `${name}: npm run docs:scale -- --keep-figures`).toBe(piece);
  });

  // The scenarios for nodes and robots are not checked, because each simulates a million events and takes too long.
  test('shows the results of the simulation with the seed that it names', { timeout: 100_000 }, () => {
    const costs = costsOf(figures);
    expect(pieceIn(page, 'seed')).toContain(String(usualSeed));
    expect(pieceIn(page, 'lifetimes')).toBe(lifetimesTable(tokensThatLive(costs)));
    expect(pieceIn(page, 'region')).toBe(regionTable(loseRegion(costs, usualSeed)));
    expect(pieceIn(page, 'limits')).toBe(limitsTable(limitsOf(costs)));
  });

  test('is updated only between its markers, and each piece needs its own markers', () => {
    const marked = '<!-- made: one -->\nold\n<!-- end -->\ntext\n';
    expect(withPieces(marked, { one: 'new' })).toBe('<!-- made: one -->\n\nnew\n\n<!-- end -->\ntext\n');
    expect(() => withPieces(marked, {})).toThrow('one');
    expect(() => withPieces(marked, { one: 'new', two: 'more' })).toThrow('two');
  });
});

describe('the scenarios', () => {
  test('nodes: requests wait if they arrive faster than they are answered, and a second process halves the wait', () => {
    const answers = pullAtOnce(round, 1, 1000);
    const last = (window: number, processes: number): number | undefined =>
      answers.find((answer) => answer.window === window && answer.processes === processes)?.result.lastAnswer;
    expect(last(0, 1)).toBeCloseTo(1000 * 100 * micro, 6);
    expect(last(0, 2)).toBeCloseTo(500 * 100 * micro, 6);
    expect(last(10, 1)).toBeLessThan(10.01);
  });

  test('robots: the slowest part limits the number of requests per second', () => {
    const answers = renewHourly(round, 1, 10_000);
    const rush = answers.find(({ jitter, processes }) => jitter === 10 && processes === 1);
    // 1,000 requests per second at 200 µs of the event loop each use a fifth of its time.
    expect(rush?.isOverloaded).toBe(false);
    const slow = renewHourly({ ...round, loop: { ...round.loop, 'access token': 0.01 } }, 1, 10_000);
    const late = slow.find(({ jitter, processes }) => jitter === 10 && processes === 1);
    expect(late?.isOverloaded).toBe(true);
    expect(late?.lastAnswer).toBeCloseTo(10_000 * (0.01 + 100 * micro), 0);
  });

  test('region: passwords wait for their hashes, but access tokens do not', () => {
    const answers = loseRegion(round, 1, 6000);
    const find = (secret: string, processes: number) =>
      answers.find((answer) => answer.secret === secret && answer.processes === processes)?.result;
    // 6,000 hashes of 20 ms each take 60 s on two threads. Rejected clients try again, so that all are answered.
    expect(find('passwords', 2)?.answered).toBe(6000);
    expect(find('passwords', 2)?.lastAnswer).toBeGreaterThan(60);
    expect(find('access tokens', 2)).toMatchObject({ answered: 6000, turnedAway: 0 });
    expect(find('access tokens', 2)?.lastAnswer).toBeLessThan(60.1);
  });

  test('lifetimes: tokens that live 60 times as long need a sixtieth of the requests', () => {
    const [minute, , , hour] = tokensThatLive(round);
    expect((minute?.perSecond ?? 0) / (hour?.perSecond ?? 1)).toBeCloseTo(60);
    expect(hour?.goesOnFor).toBe(3660);
  });

  test('limits: the smallest limit comes first', () => {
    const limits = limitsOf(round);
    expect(limits[0]).toMatchObject({ name: 'passwords hashed', perSecond: 50 });
    expect(limits.map(({ perSecond }) => perSecond)).toEqual(
      limits.map(({ perSecond }) => perSecond).sort((one, other) => one - other),
    );
  });
});
