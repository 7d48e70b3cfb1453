import { parseArgs } from 'node:util';
import type { Case } from './cases.ts';
import { stopAll, type Child } from './child.ts';
import { makeHome, type Home } from './home.ts';
import { median } from './median.ts';
import { chosenCases } from './options.ts';
import { runBenchmark } from './run-benchmark.ts';
import { makeTrustHome } from './trust-home.ts';
import { wholeNumber } from './whole-number.ts';
import { load, warmUpSeconds, type LoadRequest } from './wrk.ts';

const usage = `npm run bench:compare -- --before FILE [--after FILE] [--pairs 9] [--case NAME]…

  --before FILE  Compare with this build, by its bin/dockpass.js
  --after FILE   Measure this build, by its bin/dockpass.js (default: the build of this folder)`;

const turns = 3;
const secondsPerTurn = 2;

interface Side {
  readonly home: Home;
  readonly server: Child;
  readonly request: LoadRequest;
  readonly perSecond: number[];
  readonly cpu: number[];
}

/**
 * `npm run bench:compare`: the throughput of one build divided by that of another. Two processes of the same build
 * differ by up to 1.3 times, so each pair starts new processes, and only the median over the pairs has a meaning.
 * Within a pair, the two builds are measured in turns, so that other programs on the machine affect both equally.
 */
await runBenchmark(usage, async () => {
  const { before, after, pairs, chosen } = readOptions(process.argv.slice(2));
  for (const entry of chosen) {
    const make = entry.needsTrust ? makeTrustHome : makeHome;
    const homes = [await make(before), await make(after)] as const;
    try {
      const ratios: { perSecond: number; cpu: number }[] = [];
      for (let pair = 0; pair < pairs; pair++) ratios.push(await comparePair(homes, entry, pair % 2 === 1));
      for (const key of ['perSecond', 'cpu'] as const) {
        const sorted = ratios.map((ratio) => ratio[key]).sort((a, b) => a - b);
        const list = sorted.map((ratio) => ratio.toFixed(2)).join(' ');
        const label = key === 'perSecond' ? 'requests per second' : 'processor time per request';
        process.stdout.write(
          `${entry.name}, ${label}, after / before: ${median(sorted).toFixed(3)} (${list})\n`,
        );
      }
    } finally {
      await stopAll();
      await Promise.all(homes.map((home) => home.remove()));
    }
  }
});

async function comparePair(
  [before, after]: readonly [Home, Home],
  entry: Case,
  swapped: boolean,
): Promise<{ perSecond: number; cpu: number }> {
  const sides = [await startSide(before, entry), await startSide(after, entry)] as const;
  const order = swapped ? sides.toReversed() : sides;
  for (const side of order) await load(side.home.origin, side.request, warmUpSeconds, side.home.directory);
  for (let turn = 0; turn < turns; turn++) for (const side of order) await measure(side);
  await Promise.all(sides.map(({ server }) => server.stop()));
  const ratio = (key: 'perSecond' | 'cpu'): number => median(sides[1][key]) / median(sides[0][key]);
  return { perSecond: ratio('perSecond'), cpu: ratio('cpu') };
}

async function startSide(home: Home, entry: Case): Promise<Side> {
  const request = entry.request(home.target);
  if (request === undefined) throw new TypeError(`a build does not support the case ${entry.name}`);
  const server = home.start();
  await server.line(/token server ready/);
  return { home, server, request, perSecond: [], cpu: [] };
}

async function measure({ home, server, request, perSecond, cpu }: Side): Promise<void> {
  const cpuBefore = server.cpuTime();
  const result = await load(home.origin, request, secondsPerTurn, home.directory);
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  perSecond.push(result.perSecond);
  cpu.push((server.cpuTime() - cpuBefore) / (result.perSecond * secondsPerTurn));
}

function readOptions(argv: readonly string[]): {
  before: string;
  after: string;
  pairs: number;
  chosen: readonly Case[];
} {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      before: { type: 'string' },
      after: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
      pairs: { type: 'string', default: '9' },
      case: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.before === undefined) throw new TypeError('--before is missing');
  return {
    before: values.before,
    after: values.after,
    pairs: wholeNumber('--pairs', values.pairs),
    chosen: chosenCases(values.case),
  };
}
