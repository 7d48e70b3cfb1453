import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { requestOf } from './cases.ts';
import { stopAll } from './child.ts';
import { measureScreens } from './console-screens.ts';
import { population } from './database-costs.ts';
import { fillSqlite } from './fill-database.ts';
import { makeHome, type Home } from './home.ts';
import { openConsoles, signIn } from './open-consoles.ts';
import { runBenchmark } from './run-benchmark.ts';
import { wholeNumber } from './whole-number.ts';
import { load, warmUpSeconds } from './wrk.ts';

/**
 * `npm run bench:console`: measures how long a person waits for the console, with 100,000 users in the database, and
 * whether 50 open consoles delay tokens.
 */
const usage = 'npm run bench:console -- [--rounds 5] [--seconds 10] [--bin FILE]\n\nNeeds Chromium, and wrk.';
const consoleCount = 50;

await runBenchmark(usage, async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '10' },
      bin: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds);
  const home = await makeHome(values.bin);
  try {
    process.stderr.write(`adding ${population} users …\n`);
    const options = { cwd: home.directory };
    const add = [values.bin, 'user', 'add', 'boss', '--role', 'admin', '--generate'];
    const password = (await promisify(execFile)(process.execPath, add, options)).stdout.trim();
    await fillSqlite(join(home.directory, 'data/dockpass.db'));
    const server = home.start();
    await server.line(/token server ready/);
    const origin = home.origin.replace('127.0.0.1', 'localhost');
    const login = `boss:${password}`;
    for (const [name, ms] of Object.entries(await measureScreens(origin, login, rounds)))
      console.log(`${name}: ${Math.round(ms as number)} ms`);
    await measureTokens(home, origin, login, rounds, wholeNumber('--seconds', values.seconds));
  } finally {
    await stopAll();
    await home.remove();
  }
});

/**
 * Prints the p99 of new tokens in runs without consoles and in runs with open consoles. The two kinds alternate, so that
 * both see the same changes of the machine. The consoles are also open during the warm-up, so that V8 has compiled what
 * they need before a run counts.
 */
async function measureTokens(
  home: Home,
  origin: string,
  login: string,
  rounds: number,
  seconds: number,
): Promise<void> {
  const request = requestOf('every scope new', home.target);
  const measure = async (): Promise<string> =>
    (await load(home.origin, request, seconds, home.directory)).p99.toFixed(1);
  const cookies: string[] = [];
  for (let at = 0; at < consoleCount; at++) cookies.push(await signIn(origin, login));
  const warmUp = openConsoles(origin, cookies);
  await load(home.origin, request, warmUpSeconds, home.directory);
  let answers = await warmUp.stop();
  const without: string[] = [];
  const withConsoles: string[] = [];
  for (let at = 0; at < rounds; at++) {
    without.push(await measure());
    const consoles = openConsoles(origin, cookies);
    withConsoles.push(await measure());
    answers += await consoles.stop();
  }
  console.log(`p99 of new tokens, without consoles: ${without.join(' ')} ms`);
  console.log(
    `p99 of new tokens, with ${consoleCount} consoles: ${withConsoles.join(' ')} ms (${answers} answers to consoles)`,
  );
}
