import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from './child.ts';
import { openLanes } from './lanes.ts';
import { makeLargeImage } from './large-image.ts';
import { median } from './median.ts';
import { runBenchmark } from './run-benchmark.ts';
import { table } from './table.ts';
import { readTransferOptions, usage } from './transfer-options.ts';
import { measureTransfers, type Direction, type Measured, type Pair } from './transfers.ts';

/**
 * `npm run bench:transfer`: measures what tokens cost for a large transfer. Exits with status 1 if a target is missed.
 */
const targets = {
  /** The duration with tokens divided by the duration without authorization. */
  ratio: 1.05,
  /** Processor time of Node for one transfer, in milliseconds, without its idle time. */
  computed: 10,
  /** Bytes through Node for one transfer. A token request needs about ten thousand; the layer would be a billion. */
  passed: 1_000_000,
  /** Bytes that the edge writes to disk during one transfer. */
  onDisk: 1_000_000,
};

function rowOf(
  edge: string,
  direction: Direction,
  { [direction]: pairs, idle }: Measured,
): { row: string[]; reached: boolean } {
  const ratios = pairs
    .map(({ tokens, bare }) => tokens.duration / bare.duration)
    .sort((one, other) => one - other);
  const ratio = median(ratios);
  const computed = median(
    pairs.map(({ tokens }) => tokens.node.computed / 1e6 - (idle * tokens.duration) / 1000),
  );
  const passed = Math.max(...pairs.map(({ tokens }) => tokens.node.passed));
  const onDisk = Math.max(...pairs.map(({ tokens }) => tokens.edge.onDisk));
  const reached =
    ratio <= targets.ratio &&
    computed <= targets.computed &&
    passed <= targets.passed &&
    onDisk <= targets.onDisk;
  const seconds = (lane: keyof Pair): string =>
    (median(pairs.map((pair) => pair[lane].duration)) / 1000).toFixed(2);
  const row = [
    `${direction}, ${edge}`,
    `${seconds('tokens')} s`,
    `${seconds('bare')} s`,
    ratio.toFixed(3),
    `${ratios.at(0)?.toFixed(2)} – ${ratios.at(-1)?.toFixed(2)}`,
    `${computed.toFixed(1)} ms`,
    `${(passed / 1000).toFixed(0)} kB`,
    `${(onDisk / 1000).toFixed(0)} kB`,
    reached ? 'ok' : 'MISSED',
  ];
  return { row, reached };
}

await runBenchmark(usage, async () => {
  const { edges, mebibytes, pairs, images: parent, ...parts } = readTransferOptions(process.argv.slice(2));
  const [loadBefore = 0] = loadavg();
  const home = await mkdtemp(join(tmpdir(), 'dockpass-transfer-'));
  const images = await mkdtemp(join(parent, 'dockpass-images-'));
  try {
    const image = await makeLargeImage(join(images, 'layout'), mebibytes);
    const rows = [
      ['', 'tokens', 'no auth', 'ratio', 'spread', 'Node CPU', 'through Node', 'edge to disk', ''],
    ];
    for (const edge of edges) {
      process.stderr.write(`measuring ${edge.kind}, ${pairs} pairs …\n`);
      const directory = join(home, edge.kind);
      await mkdir(directory);
      const edgeImages = join(images, edge.kind);
      const lanes = await openLanes({ ...parts, edge, upEdge: edge.upEdge, directory, images: edgeImages });
      const measured = await measureTransfers({ crane: parts.crane, image, lanes, pairs });
      await stopAll();
      await rm(edgeImages, { recursive: true });
      for (const direction of ['push', 'pull'] as const) {
        const { row, reached } = rowOf(edge.kind, direction, measured);
        rows.push(row);
        if (!reached) process.exitCode = 1;
      }
    }
    const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}`;
    process.stdout.write(
      [
        `Node ${process.versions.node}, ${machine}; a layer of ${mebibytes} MiB by crane, ${pairs} pairs; load average before: ${loadBefore.toFixed(1)}`,
        '',
        ...table(rows),
        `ratio: duration with tokens / without auth, median of the pairs, target ≤ ${targets.ratio}`,
        `Node CPU: processor time of all threads without the idle time, median of the pairs, target ≤ ${targets.computed} ms`,
        'through Node, edge to disk: the highest number of bytes of all pairs',
        '',
      ].join('\n'),
    );
  } finally {
    await stopAll();
    for (const directory of [home, images]) await rm(directory, { recursive: true, force: true });
  }
});
