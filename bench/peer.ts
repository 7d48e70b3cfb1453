import { parseArgs } from 'node:util';
import { requestOf } from './cases.ts';
import { stopAll } from './child.ts';
import { startDockerAuth, type DockerAuth } from './docker-auth.ts';
import { makeHome, type Home } from './home.ts';
import { quartiles } from './quartiles.ts';
import { runBenchmark } from './run-benchmark.ts';
import { wholeNumber } from './whole-number.ts';
import { load, warmUpSeconds } from './wrk.ts';

const usage = `npm run bench:peer -- --docker-auth BINARY [--processes 9] [--bin FILE]

  --docker-auth BINARY  The program docker_auth (docs/performance.md says how to build it)
  --processes N         Measure this many processes of dockpass, one after the other
  --bin FILE            Measure another build, by its bin/dockpass.js`;

const seconds = 3;
const targets: Readonly<Record<string, number>> = { 'every scope new': 1.3, 'same scope': 3 };

/**
 * `npm run bench:peer`: how many times as many tokens per second dockpass issues as docker_auth. Two processes of the
 * same build differ by up to 1.3 times, so each figure comes from several new processes of dockpass. docker_auth is
 * measured before and after each of them, so that other programs on the machine affect both equally.
 */
await runBenchmark(usage, async () => {
  const { dockerAuth, processes, bin } = readOptions(process.argv.slice(2));
  const home = await makeHome(bin);
  try {
    const peer = await startDockerAuth(dockerAuth);
    for (const [name, atLeast] of Object.entries(targets)) {
      const results: { ours: number; theirs: number }[] = [];
      for (let count = 0; count < processes; count++) results.push(await comparePeer(home, peer, name));
      const [low, middle, high] = quartiles(results.map(({ ours, theirs }) => ours / theirs));
      const [, ours] = quartiles(results.map((result) => result.ours));
      const [, theirs] = quartiles(results.map((result) => result.theirs));
      process.stdout.write(
        `${name}: ${ours.toFixed(0)} against ${theirs.toFixed(0)} requests/s; ratio ${middle.toFixed(2)} (quartiles ${low.toFixed(2)} to ${high.toFixed(2)}), at least ${atLeast}: ${middle >= atLeast ? 'ok' : 'too slow'}\n`,
      );
    }
    await peer.stop();
  } finally {
    await stopAll();
    await home.remove();
  }
});

async function comparePeer(
  home: Home,
  peer: DockerAuth,
  name: string,
): Promise<{ ours: number; theirs: number }> {
  const server = home.start();
  await server.line(/token server ready/);
  const measure = async ({ origin, target }: Home | DockerAuth, duration: number): Promise<number> => {
    const result = await load(origin, requestOf(name, target), duration, home.directory);
    if (result.failed > 0) throw new Error(`${result.failed} requests to ${origin} failed`);
    return result.perSecond;
  };
  await measure(home, warmUpSeconds);
  const before = await measure(peer, seconds);
  const ours = await measure(home, seconds);
  const after = await measure(peer, seconds);
  await server.stop();
  return { ours, theirs: (before + after) / 2 };
}

function readOptions(argv: readonly string[]): { dockerAuth: string; processes: number; bin: string } {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'docker-auth': { type: 'string' },
      processes: { type: 'string', default: '9' },
      bin: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
    },
  });
  if (values['docker-auth'] === undefined) throw new TypeError('--docker-auth is missing');
  return {
    dockerAuth: values['docker-auth'],
    processes: wholeNumber('--processes', values.processes),
    bin: values.bin,
  };
}
