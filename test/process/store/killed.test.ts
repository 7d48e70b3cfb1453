import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import request from 'supertest';
import { expect, test } from 'vitest';
import { afterwards } from '../../support/run/afterwards.ts';
import { childEnvironment } from '../../support/run/environment.ts';
import { dockpassBin } from '../../support/dockpass/dockpass.ts';
import { start, type Running } from '../../support/process/process.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import type { ChangeMessage } from '../../support/scripts/user-changes.ts';

/** The number of kills: 1,000 in `npm run test:soak`, which may take longer, and a tenth of them otherwise. */
const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 100 : 1000;

function forked(script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(`../../support/scripts/${script}`, import.meta.url));
  const child = fork(path, [...args], { env: childEnvironment(), execArgv: [], stdio: 'ignore' });
  afterwards(() => void child.kill('SIGKILL'));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Returns the next message of the child. The test fails if the child exits by itself. */
async function messageFrom(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, 'exit', { signal }).then(() =>
    Promise.reject(new Error('the child process exited before it was killed')),
  );
  const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown];
  ended.catch(() => undefined);
  stop.abort();
  return message;
}

type State = ChangeMessage['state'];

/**
 * The acknowledged state of each name, and the change that was in progress at the kill, which may have happened or not.
 */
class Ledger {
  readonly acknowledged = new Map<string, State>();
  underWay: ChangeMessage | undefined;

  take(message: ChangeMessage): void {
    if (message.step === 'done') this.acknowledged.set(message.name, message.state);
    this.underWay = message.step === 'doing' ? message : undefined;
  }

  /** Returns the names whose state differs from the acknowledged one. */
  lost(found: ReadonlyMap<string, State>): string[] {
    return [...this.acknowledged].flatMap(([name, state]) => {
      const isOpen = this.underWay?.name === name && this.underWay.state === found.get(name);
      return isOpen || found.get(name) === state ? [] : [name];
    });
  }

  /** Records whether the change that was in progress happened. From now on this must not change. */
  settle(found: ReadonlyMap<string, State>): void {
    if (this.underWay !== undefined) this.acknowledged.set(this.underWay.name, found.get(this.underWay.name));
    this.underWay = undefined;
  }
}

/** Opens the database as a start does, and checks every page of it. */
function statesIn(path: string): Map<string, State> {
  const database = new Database(path);
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    const rows = database
      .prepare<[], { name: string; disabled: number }>('select name, disabled from users')
      .all();
    return new Map(
      rows.map(({ name, disabled }): [string, State] => [name, disabled === 0 ? 'active' : 'disabled']),
    );
  } finally {
    database.close();
  }
}

test(`kill -9 of the CLI and the server in the middle of user changes, ${rounds} rounds: nothing acknowledged is lost`, async () => {
  const directory = await temporaryDirectory('killed');
  const config = await configIn(directory, {
    publicDomains: ['pub.example.com'],
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
  });
  const file = join(directory, 'dockpass.yml');
  const ledger = new Ledger();

  const startServing = async (): Promise<{ server: Running; port: number }> => {
    const server = await start(process.execPath, [dockpassBin, 'serve', '--config', file]);
    const [, port] = await server.line(/token server ready on 127\.0\.0\.1:(\d+)/);
    return { server, port: Number(port) };
  };
  const startChanging = async (round: number): Promise<ChildProcess> => {
    const child = forked('user-changes.ts', [file, `r${round}`]);
    child.on('message', (message) => ledger.take(message as ChangeMessage));
    await messageFrom(child);
    return child;
  };

  let serving = await startServing();
  let next = startChanging(0);
  let changes = 0;
  for (let round = 0; round < rounds; round++) {
    const changing = await next;
    // The kill happens after some acknowledged changes, at any moment of the next one.
    for (let seen = Math.floor(Math.random() * 4); seen >= 0; seen--) await messageFrom(changing);
    // All requests are sent at once. A killed server may not answer them.
    const asked = request(`http://127.0.0.1:${serving.port}`)
      .get('/auth/token?scope=repository:a:pull')
      .set('Host', 'pub.example.com')
      .then(
        ({ status }) => status,
        () => undefined,
      );
    if (round % 10 !== 9) expect(await asked).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
    const hitsServer = round % 10 === 9;
    if (hitsServer) serving.server.signal('SIGKILL');
    await Promise.all([killed(changing), ...(hitsServer ? [serving.server.ended] : [])]);
    // The next child opens the database at the same moment as this process.
    const found = statesIn(config.database);
    expect([round, ledger.lost(found)]).toEqual([round, []]);
    changes = ledger.acknowledged.size;
    ledger.settle(found);
    next = startChanging(round + 1);
    if (hitsServer) serving = await startServing();
  }
  await killed(await next);
  expect(changes).toBeGreaterThan(rounds / 2);
}, 1_500_000);
