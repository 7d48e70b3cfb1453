import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { PlacedEvent } from '../src/events/registry-event.ts';
import { openStore } from '../src/store/open-store.ts';
import { encodeCells, type Cell } from '../src/store/sql/usage/counts/month-cells.ts';
import { startPostgresServer } from './postgres-server.ts';
import { seeded } from './random.ts';

/**
 * `npm run bench:events [-- PULLS]`: records events of registries on SQLite and PostgreSQL, in groups as the server
 * does. Then measures how much space the counts of this many pulls need (default: 10 million), in one year, with 1,000
 * users and 1,000 pulls for each image. 100 million pulls must fit into 2 GiB.
 */
const pulls = Number(process.argv[2] ?? 10_000_000);
const images = pulls / 1000;
const users = 1000;
const recorded = 20_000;
const eventsAtOnce = 250;
const months = 12;

const imageColumns =
  'id, image_key, repository_key, repository, tag, digest, digest_at, domain, pulls, last_pulled_at, last_pulled_by, pushes, last_pushed_at, last_pushed_by';

const random = seeded(1);
const below = (limit: number): number => Math.floor(random() * limit);
const directory = await mkdtemp(join(tmpdir(), 'dockpass-bench-events-'));
const postgres = await startPostgresServer();
try {
  const sqlite = join(directory, 'dockpass.db');
  const url = await postgres.newDatabase();
  print(`SQLite: ${await recordingRate(sqlite)} (target: 5000)`);
  print(`PostgreSQL ${postgres.version}: ${await recordingRate(url)} (target: 2000)`);

  const limit = 2 * 2 ** 30 * (pulls / 100_000_000);
  for (const [name, bytes] of [
    ['SQLite', await sizeInSqlite(sqlite)],
    ['PostgreSQL', await sizeInPostgres(url)],
  ] as const)
    print(
      `${name}: ${(bytes / 2 ** 20).toFixed(0)} MiB for the counts of ${pulls.toLocaleString('en-US')} pulls (limit ${(limit / 2 ** 20).toFixed(0)} MiB): ${bytes <= limit ? 'ok' : 'MISSED'}`,
    );
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Records pulls as docker makes them: a HEAD of the tag, then a GET of the digest. @returns events per second, as text */
async function recordingRate(database: string): Promise<string> {
  const store = await openStore(database);
  const at = Date.UTC(2026, 0, 31, 12);
  const events = Array.from({ length: recorded / 2 }, (_, number) => pullOf(number, at + number)).flat();
  const begin = performance.now();
  const cpu = process.cpuUsage();
  for (let from = 0; from < events.length; from += eventsAtOnce)
    await store.usage.record(events.slice(from, from + eventsAtOnce), at);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  const perSecond = Math.round(recorded / seconds);
  return `${perSecond} events/s, ${((user + system) / recorded).toFixed(0)} µs of processor time for each`;
}

function pullOf(number: number, at: number): PlacedEvent[] {
  const image = below(10_000);
  const event = {
    ...{
      at,
      repository: `team-${image % 100}/app-${image}`,
      digest: `sha256:${String(image).padStart(64, '0')}`,
    },
    ...{
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      children: null,
      actor: `user-${below(users)}`,
    },
    ...{ address: `192.0.2.${below(256)}`, host: 'registry.example.com', userAgent: 'docker/29.0.0' },
    domain: 'private' as const,
  };
  return [
    { ...event, id: `head ${number}`, kind: 'head', tag: 'latest' },
    { ...event, id: `get ${number}`, kind: 'get', tag: null },
  ];
}

/** Returns the cells of one image in one month, with random days and users. */
function randomMonth(): Uint8Array {
  const cells = new Map<number, Cell>();
  for (let pull = 0; pull < pulls / images / months; pull++) {
    const cell = { day: 1 + below(30), actor: 1 + below(users), lastPull: below(86_400) };
    const key = cell.day * users * 2 + cell.actor;
    cells.set(key, { ...cell, pulls: (cells.get(key)?.pulls ?? 0) + 1, pushes: 0, lastPush: undefined });
  }
  return encodeCells([...cells.values()]);
}

function key(image: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeDoubleBE(random(), 0);
  bytes.writeUInt32BE(image, 8);
  return bytes;
}

function imageRow(image: number): (string | number | Buffer)[] {
  const at = 1_769_860_800_000 + image;
  return [
    ...[
      image,
      key(image),
      key(image),
      `team-${image % 100}/app-${image}`,
      'latest',
      `sha256:${'0'.repeat(64)}`,
    ],
    ...[at, 'private', 1000, at, `user-${below(users)}`, 1, at, 'ci'],
  ];
}

async function sizeInSqlite(path: string): Promise<number> {
  const database = new Database(path);
  database.exec('delete from usage_events; delete from usage_images; delete from usage_months; vacuum');
  database.pragma('wal_checkpoint(truncate)');
  const before = (await stat(path)).size;
  const insertImage = database.prepare(
    `insert into usage_images (${imageColumns}) values (${imageColumns.replace(/\w+/g, '?')})`,
  );
  const insertMonth = database.prepare('insert into usage_months (image, month, cells) values (?, ?, ?)');
  database.exec('begin');
  for (let image = 1; image <= images; image++) {
    insertImage.run(...imageRow(image));
    for (let month = 0; month < months; month++) insertMonth.run(image, 24_300 + month, randomMonth());
  }
  database.exec('commit');
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  return (await stat(path)).size - before;
}

async function sizeInPostgres(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('truncate usage_events, usage_images, usage_months');
  const marks = (count: number): string => Array.from({ length: count }, (_, at) => `$${at + 1}`).join(', ');
  for (let image = 1; image <= images; image++) {
    await client.query(`insert into usage_images (${imageColumns}) values (${marks(14)})`, imageRow(image));
    const rows = Array.from({ length: months }, (_, month) => [image, 24_300 + month, randomMonth()]);
    const values = rows.map((_, at) => `($${at * 3 + 1}, $${at * 3 + 2}, $${at * 3 + 3})`).join(', ');
    await client.query(`insert into usage_months (image, month, cells) values ${values}`, rows.flat());
  }
  const { rows } = await client.query<{ bytes: string }>(
    "select pg_total_relation_size('usage_images') + pg_total_relation_size('usage_months') as bytes",
  );
  await client.end();
  return Number(rows[0]?.bytes);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
