import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { run } from '../../support/process/run.ts';
import { smallDisk } from '../../support/process/small-disk.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { createEventStream, eventsSecret } from '../../support/usage/event-stream.ts';

// Faults while events arrive. An event that was acknowledged is never lost, and each event counts once.

async function pullsOf(server: DockpassServer): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await server.must(['usage', 'app', '--json']);
  const items = JSON.parse(stdout) as { readonly tag: string; readonly pulls: number }[];
  return new Map(items.map(({ tag, pulls }) => [tag, pulls]));
}

async function tokenStatus({ url }: DockpassServer): Promise<number> {
  return (await fetch(`${url}/auth/token?service=registry&scope=repository:app:pull`)).status;
}

const publicConfig = { publicDomains: ['127.0.0.1'] };

needs('root')('a full disk', () => {
  test('answers 503 and issues tokens, and goes on when there is space again', async () => {
    const directory = await smallDisk(4096);
    const events = await freePort();
    const server = await startServe({
      directory,
      config: { ...publicConfig, events: { listen: `127.0.0.1:${events}`, secret: eventsSecret } },
    });
    // dd fills the disk and then fails with an error. That is expected.
    await run('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=4k'], { cwd: directory });
    const stream = createEventStream(events, 100);
    await stream.untilFailure();
    expect(new Set(stream.failures)).toEqual(new Set([503]));
    expect(await tokenStatus(server)).toBe(200);
    await rm(join(directory, 'filler'));
    await stream.resend();
    expect(await pullsOf(server)).toEqual(stream.expectedPulls());
  });
});

needs('postgres')('PostgreSQL', () => {
  test('answers 503 while PostgreSQL is killed or restarted, and goes on afterwards', async () => {
    let cluster = await startPostgres();
    const database = await cluster.newDatabase();
    const events = await freePort();
    const server = await startServe({
      config: { ...publicConfig, database, events: { listen: `127.0.0.1:${events}`, secret: eventsSecret } },
    });
    const stream = createEventStream(events, 10);
    for (const end of ['kill', 'stop'] as const) {
      const before = stream.acknowledged.size;
      const streaming = stream.untilFailure();
      await expect.poll(() => stream.acknowledged.size, { interval: 1 }).toBeGreaterThan(before);
      await cluster[end]();
      await streaming;
      expect(new Set(stream.failures)).toEqual(new Set([503]));
      expect(await tokenStatus(server)).toBe(200);
      cluster = await cluster.restart();
      await expect
        .poll(
          () =>
            stream.resend().then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true);
      expect(await pullsOf(server)).toEqual(stream.expectedPulls());
    }
  });
});

test('deletes old events in parts, and issues tokens in the meantime', async () => {
  const directory = await temporaryDirectory('prune');
  const database = join(directory, 'data', 'dockpass.db');
  const config = {
    ...publicConfig,
    events: { listen: `127.0.0.1:${await freePort()}`, secret: eventsSecret },
  };
  await (await startServe({ directory, config })).process.stop();
  const store = await openStore(database);
  const oldEvent = (number: number) => ({
    ...{
      id: `old ${number}`,
      at: number * 100_000,
      kind: 'head' as const,
      repository: 'app',
      tag: 'v1',
      digest: null,
    },
    ...{ mediaType: '', children: null, actor: '', address: '', host: '', userAgent: '' },
    domain: 'private' as const,
  });
  for (let from = 0; from < 15_000; from += 2500)
    await store.usage.record(
      Array.from({ length: 2500 }, (_, at) => oldEvent(from + at)),
      0,
    );
  const left = async (): Promise<number> => (await store.usage.arrivals({ limit: 1 })).length;
  expect(await left()).toBe(1);
  const server = await startServe({ directory, config });
  let answered = 0;
  while ((await left()) > 0) {
    expect(await tokenStatus(server)).toBe(200);
    answered++;
  }
  expect(answered).toBeGreaterThan(3);
  await store.close();
});
