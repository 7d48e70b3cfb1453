import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../src/secret.ts';
import { issueToken, type Issuer, type TokenRequest } from '../src/issue-token.ts';
import { openKeyRing } from '../src/keys/open-key-ring.ts';
import { parseHost } from '../src/net/host.ts';
import { parseScope } from '../src/scope/parse-scopes.ts';
import { createSigner, type Signer } from '../src/token/sign.ts';
import { loadConfig } from '../src/config/load.ts';
import { median } from './median.ts';
import { renderPlot, type Curve } from './plot.ts';
import { axes, type Axis, type World } from './worlds.ts';

/**
 * `node bench/flat-cost.ts`: checks that the cost of a token does not grow with the number of users, grants and rules.
 * Issues and signs tokens in one process, without HTTP. With `--write`, it draws docs/performance.svg again. Exits with
 * status 1 if a token costs too much.
 */

/** The highest cost that is allowed, relative to the cost at the smallest size. */
const atMost = 1.2;
const tokensPerRound = 500;
const rounds = 31;
const host = parseHost('registry.example.com');

const curves: Curve[] = [];
const directory = await mkdtemp(join(tmpdir(), 'dockpass-flat-'));
try {
  const config = await loadConfig({ environment: {}, flags: { 'keys.directory': join(directory, 'keys') } });
  const sign = createSigner(
    await openKeyRing(config.keys, Date.now),
    { ...config.tokens, issuer: 'i', service: 's' },
    Date.now,
  );
  process.stdout.write(
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}; µs of processor time per token\n`,
  );
  for (const axis of axes) curves.push(await measure(axis, sign));
} finally {
  await rm(directory, { recursive: true, force: true });
}
if (curves.some(({ points }) => points.some(({ ratio }) => ratio > atMost))) process.exitCode = 1;
if (process.argv.includes('--write')) {
  const file = new URL('../docs/performance.svg', import.meta.url);
  await writeFile(file, renderPlot(curves, atMost));
  process.stdout.write(`${(await readFile(file)).length} bytes written to docs/performance.svg\n`);
}

/** Measures all sizes in turn, in many rounds, so that other programs on the machine affect all sizes equally. */
async function measure(axis: Axis, sign: Signer): Promise<Curve> {
  const worlds: World[] = [];
  try {
    for (const size of axis.sizes) worlds.push(await axis.make(size, directory));
    const costs = worlds.map((): number[] => []);
    let request = 0;
    for (let round = -2; round < rounds; round++) {
      for (const [at, world] of worlds.entries()) {
        const cost = await costOf(world, sign, (request += tokensPerRound));
        // The first two rounds do not count, because V8 compiles the code and caches are filled.
        if (round >= 0) costs[at]?.push(cost);
      }
    }
    const medians = costs.map(median);
    const points = axis.sizes.map((size, at) => ({
      size,
      cost: medians[at] ?? 0,
      ratio: (medians[at] ?? 0) / (medians[0] ?? 1),
    }));
    for (const [at, { size, cost, ratio }] of points.entries()) {
      const bytes = worlds[at]?.databaseSize;
      const cells = [
        size.toLocaleString('en-US').padStart(10),
        axis.name.padEnd(7),
        `${cost.toFixed(0).padStart(5)} µs`,
        `${ratio.toFixed(2)} ×`,
      ];
      if (bytes !== undefined) cells.push(`${(bytes / 1e6).toFixed(1)} MB`);
      process.stdout.write(`${cells.join('  ')}${ratio > atMost ? '  MISSED' : ''}\n`);
    }
    return { name: axis.name, points };
  } finally {
    for (const world of worlds) await world.close();
  }
}

/**
 * Returns the processor time of one token, in microseconds. Other programs on the machine affect it less than the
 * duration.
 */
async function costOf(world: World, sign: Signer, first: number): Promise<number> {
  const begin = process.cpuUsage();
  for (let request = first; request < first + tokensPerRound; request++) {
    const subject = await world.subject(request);
    await issueToken(requestFor(world.repository(request)), issuerFor(world, subject, sign));
  }
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / tokensPerRound;
}

function requestFor(repository: string): TokenRequest {
  return {
    host,
    address: '192.0.2.1',
    client: 'bench',
    credentials: { kind: 'password', name: 'x', password: new Secret('x') },
    service: undefined,
    scopes: [`repository:${repository}:pull,push`],
    offline: false,
    requireAll: false,
  };
}

function issuerFor({ policy }: World, subject: Awaited<ReturnType<World['subject']>>, sign: Signer): Issuer {
  const never = (): Promise<never> => Promise.reject(new Error('the benchmark uses no sessions'));
  return {
    service: 'registry',
    realms: { publicDomains: [], externalHost: undefined },
    authenticators: [async () => ({ verdict: 'right', subject })],
    sessions: { begin: never, resume: never, end: never },
    parseScope,
    policy,
    sign,
    record: { issued: () => undefined, denied: () => '' },
  };
}
