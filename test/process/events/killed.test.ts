import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { start, type Running } from '../../support/process/process.ts';
import { dockpassBin } from '../../support/dockpass/dockpass.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** The number of kills: 200 with `npm run test:events-killed`, and a tenth of them otherwise. */
const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 20 : 200;

const secret = 'a-test-secret-for-the-events-of-a-registry';
registerSecret(secret);

/** The tags that are pulled. Each has an image of its own in the database. */
const tags = ['v1', 'v2', 'v3'];

test(`kill -9 in a stream of events, ${rounds} rounds: no acknowledged event is lost or counted twice`, async () => {
  const directory = await temporaryDirectory('killed');
  const events = await freePort();
  const config = await configIn(directory, {
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
    events: { listen: `127.0.0.1:${events}`, secret },
  });
  const startServing = async (): Promise<Running> => {
    const server = await start(process.execPath, [
      dockpassBin,
      'serve',
      '--config',
      join(directory, 'dockpass.yml'),
    ]);
    await server.line(/token server ready on /);
    return server;
  };

  let sent = 0;
  const acknowledged = new Set<number>();
  let open: number[] = [];
  const eventOf = (number: number): object => ({
    ...{ id: `event ${number}`, timestamp: new Date(Date.UTC(2026, 0, 31, 23, 0, number)).toISOString() },
    action: 'pull',
    target: { repository: 'app', tag: tags[number % tags.length], digest: 'sha256:a', mediaType: 'x' },
    request: { method: 'GET', addr: '192.0.2.1', host: 'registry.example.com' },
    actor: { name: number % 2 === 0 ? 'alice' : '' },
  });
  /** Sends events as a registry does. Returns true if the server has acknowledged them. */
  const post = async (numbers: readonly number[]): Promise<boolean> => {
    try {
      const answer = await fetch(`http://127.0.0.1:${events}/events`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${secret}` },
        body: JSON.stringify({ events: numbers.map(eventOf) }),
      });
      await answer.text();
      if (answer.status !== 200) return false;
      for (const number of numbers) acknowledged.add(number);
      return true;
    } catch {
      return false;
    }
  };
  /** Sends events in several requests at once until the server is killed. Unacknowledged events stay in `open`. */
  const stream = async (): Promise<void> => {
    const [resent, failed] = [open, [] as number[]];
    open = [];
    const send = async (): Promise<void> => {
      for (;;) {
        const numbers = resent.splice(0, 3);
        while (numbers.length < 3) numbers.push(sent++);
        if (await post(numbers)) continue;
        failed.push(...numbers);
        return;
      }
    };
    await Promise.all([send(), send(), send()]);
    open = [...failed, ...resent];
  };

  let server = await startServing();
  for (let round = 0; round < rounds; round++) {
    const streaming = stream();
    const before = acknowledged.size;
    await expect.poll(() => acknowledged.size, { interval: 1, timeout: 10_000 }).toBeGreaterThan(before);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
    server.signal('SIGKILL');
    await server.ended;
    await streaming;
    const stored = storedIn(config.database);
    expect([round, [...acknowledged].filter((number) => !stored.has(`event ${number}`))]).toEqual([
      round,
      [],
    ]);
    server = await startServing();
  }
  while (open.length > 0) {
    const numbers = open.splice(0, 100);
    expect(await post(numbers)).toBe(true);
  }
  expect(acknowledged.size).toBe(sent);
  expect(countsIn(config.database)).toEqual(
    new Map(tags.map((tag, at) => [tag, Math.ceil((sent - at) / tags.length)])),
  );
  await server.stop();
}, 600_000);

/** Opens the database as a start does, and checks every page of it. @returns the ids of the stored events */
function storedIn(path: string): Set<string> {
  return withDatabase(path, (database) => {
    expect(database.pragma('quick_check', { simple: true })).toBe('ok');
    return new Set(database.prepare<[], string>('select id from usage_events').pluck().all());
  });
}

/** Returns the number of pulls of each tag. */
function countsIn(path: string): Map<string, number> {
  return withDatabase(path, (database) => {
    const rows = database
      .prepare<[], { tag: string; pulls: number }>('select tag, pulls from usage_images order by tag')
      .all();
    return new Map(rows.map(({ tag, pulls }) => [tag, pulls]));
  });
}

function withDatabase<Result>(path: string, read: (database: Database.Database) => Result): Result {
  const database = new Database(path, { timeout: 5000 });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
