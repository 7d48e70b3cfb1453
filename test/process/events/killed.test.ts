import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { start, type Running } from '../../support/process/process.ts';
import { dockpassBin } from '../../support/dockpass/dockpass.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { createEventStream, eventsSecret } from '../../support/usage/event-stream.ts';

/** The number of kills: 200 with `npm run test:events-killed`, and a tenth of them otherwise. */
const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 20 : 200;

test(`kill -9 in a stream of events, ${rounds} rounds: no acknowledged event is lost or counted twice`, async () => {
  const directory = await temporaryDirectory('killed');
  const events = await freePort();
  const config = await configIn(directory, {
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
    events: { listen: `127.0.0.1:${events}`, secret: eventsSecret },
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

  const stream = createEventStream(events, 3);
  let server = await startServing();
  for (let round = 0; round < rounds; round++) {
    const streaming = stream.untilFailure();
    const { acknowledged } = stream;
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
  await stream.resend();
  expect(countsIn(config.database)).toEqual(stream.expectedPulls());
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
