import { join } from 'node:path';
import { createPasswordHasher } from '../src/identity/password/password-hash.ts';
import { Secret } from '../src/secret.ts';
import { openStore } from '../src/store/open-store.ts';
import { stopAll } from './child.ts';
import { makeHome } from './home.ts';
import { median } from './median.ts';

/**
 * `node bench/refusals.ts`: checks that the response time of a failed login does not reveal whether a user exists. It
 * logs in as users with a wrong password, as disabled users with the correct one, and as users who do not exist, in
 * turn, and compares the medians. Exits with status 1 if they differ by more than 5 %.
 */

const atMost = 1.05;
const rounds = 300;
const kinds = ['wrong password', 'disabled', 'unknown'] as const;
type Kind = (typeof kinds)[number];

const password = 'correct horse battery staple';
const home = await makeHome(new URL('../bin/dockpass.js', import.meta.url).pathname);
try {
  await addUsers();
  const server = home.start();
  await server.line(/token server ready/);
  const times: Record<Kind, number[]> = { 'wrong password': [], disabled: [], unknown: [] };
  for (let round = -10; round < rounds; round++) {
    // Each kind of login comes first, second and last equally often.
    for (let at = 0; at < kinds.length; at++) {
      const kind = kinds[(round + 12 + at) % kinds.length] ?? 'unknown';
      const time = await refusal(kind, round);
      if (round >= 0) times[kind].push(time);
    }
  }
  const medians = kinds.map((kind) => median(times[kind]));
  for (const [at, kind] of kinds.entries())
    process.stdout.write(`${kind.padEnd(15)} ${medians[at]?.toFixed(3)} ms, median of ${rounds}\n`);
  const ratio = Math.max(...medians) / Math.min(...medians);
  const isMet = ratio <= atMost;
  process.stdout.write(
    `longest to shortest ${ratio.toFixed(3)}, at most ${atMost}: ${isMet ? 'ok' : 'MISSED'}\n`,
  );
  if (!isMet) process.exitCode = 1;
} finally {
  await stopAll();
  await home.remove();
}

/** Creates a user for each login attempt, so that no user is locked by earlier attempts. */
async function addUsers(): Promise<void> {
  const store = await openStore(join(home.directory, 'data', 'dockpass.db'));
  const passwordHash = await createPasswordHasher().hash(new Secret(password));
  for (const kind of ['wrong password', 'disabled'] as const) {
    for (let round = -10; round < rounds; round++) {
      const user = {
        name: nameOf(kind, round),
        role: 'writer',
        passwordHash,
        createdAt: 1,
        changedAt: 1,
      } as const;
      await store.users.add({ ...user, disabled: kind === 'disabled' });
    }
  }
  await store.close();
}

function nameOf(kind: Kind, round: number): string {
  return `${kind.replace(' ', '-')}-${round + 10}`;
}

/**
 * Sends one failing login. @returns milliseconds until the 401. Each request has another client address, so that no
 * address is locked; dockpass trusts X-Forwarded-For from loopback.
 */
async function refusal(kind: Kind, round: number): Promise<number> {
  const login = `${nameOf(kind, round)}:${kind === 'disabled' ? password : 'wrong horse battery staple'}`;
  const address = `10.${kinds.indexOf(kind)}.${Math.floor((round + 10) / 250)}.${(round + 10) % 250}`;
  const begin = performance.now();
  const answer = await fetch(`${home.origin}${home.target.endpoint}`, {
    headers: { Authorization: `Basic ${Buffer.from(login).toString('base64')}`, 'X-Forwarded-For': address },
  });
  await answer.arrayBuffer();
  const time = performance.now() - begin;
  if (answer.status !== 401) throw new Error(`${kind}: expected status 401, but got ${answer.status}`);
  return time;
}
