import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { stopAll } from './child.ts';
import { makeHome } from './home.ts';
import { median } from './median.ts';
import { runBenchmark } from './run-benchmark.ts';
import { wholeNumber } from './whole-number.ts';

/** `npm run bench:catalog`: measures how long a page of the list of repositories takes, with 100,000 repositories. */
const usage = 'npm run bench:catalog -- [--repositories 100000] [--rounds 20] [--bin FILE]';
/** The longest time that a page may take, in milliseconds. */
const maxMs = 50;

await runBenchmark(usage, async () => {
  const { values } = parseArgs({
    options: {
      repositories: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '20' },
      bin: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
    },
  });
  const count = wholeNumber('--repositories', values.repositories);
  const rounds = wholeNumber('--rounds', values.rounds);
  const registry = await startRegistry(count);
  // Each name is compared with these rules, so that the list cannot be answered without looking at the rights.
  const policy = 'policy: [{ deny: [pull], to: [everyone], on: ["team-7/**"], from: ["127.0.0.0/8"] }]';
  const home = await makeHome(values.bin, [`registries: ["${registry.origin}"]`, policy]);
  try {
    const server = home.start();
    await server.line(/token server ready/);
    const ask = async (query: string): Promise<{ ms: number; names: readonly string[] }> => {
      const begin = performance.now();
      const answer = await fetch(`${home.origin}/v2/_catalog${query}`, {
        headers: { Authorization: `Basic ${Buffer.from(home.target.accessToken ?? '').toString('base64')}` },
      });
      const { repositories: names } = (await answer.json()) as { repositories: string[] };
      return { ms: performance.now() - begin, names };
    };
    const first = await ask('?n=1000');
    console.log(`${count} repositories, read from the registry: ${Math.round(first.ms)} ms`);
    const middle = `team-5/app-${Math.floor(count / 2)}`;
    let slowest = 0;
    for (const query of [
      '',
      '?n=1000',
      `?n=1000&last=${middle}`,
      '?n=1000&last=team-99/a',
      '?n=1000&last=zzz',
    ]) {
      const times: number[] = [];
      for (let round = -2; round < rounds; round++) {
        const { ms } = await ask(query);
        // The first rounds do not count, because V8 still compiles the code.
        if (round >= 0) times.push(ms);
      }
      slowest = Math.max(slowest, median(times));
      console.log(`GET /v2/_catalog${query}: median ${median(times).toFixed(1)} ms`);
    }
    console.log(`slowest page: ${slowest.toFixed(1)} ms, must be at most ${maxMs} ms`);
    if (slowest > maxMs) process.exitCode = 1;
  } finally {
    await stopAll();
    await home.remove();
    registry.close();
  }
});

/** Starts a server that lists repositories like a registry, in pages. It checks no tokens. */
async function startRegistry(count: number) {
  const names = Array.from({ length: count }, (_, at) => `team-${at % 500}/app-${at}`).sort();
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://registry');
    const n = Number(searchParams.get('n') ?? 100);
    const last = searchParams.get('last');
    const from = last === null ? 0 : names.findIndex((name) => name > last);
    const page = from < 0 ? [] : names.slice(from, from + n);
    const hasMore = from >= 0 && from + n < count;
    response.writeHead(200, {
      'Content-Type': 'application/json',
      ...(hasMore && { Link: `</v2/_catalog?last=${page.at(-1)}&n=${n}>; rel="next"` }),
    });
    response.end(JSON.stringify({ repositories: page }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}
