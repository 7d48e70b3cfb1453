import { stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { encodeCells, type Cell } from '../src/store/sql/usage/counts/month-cells.ts';
import { seeded } from './random.ts';

// Measures the space that the counts of many pulls need in a database: of one year, with 1,000 users and 1,000 pulls of
// each image. The counts are written directly, because recording 100 million pulls would take hours.

const pullsOfImage = 1000;
const months = 12;
const users = 1000;

const imageColumns =
  'id, image_key, repository_key, repository, tag, digest, digest_at, domain, pulls, last_pulled_at, last_pulled_by, pushes, last_pushed_at, last_pushed_by';

const random = seeded(1);
const below = (limit: number): number => Math.floor(random() * limit);

/** Returns the cells of one image in one month, with random days and users. */
function randomMonth(): Uint8Array {
  const cells = new Map<number, Cell>();
  for (let pull = 0; pull < pullsOfImage / months; pull++) {
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

/** Returns the size in bytes. Replaces the counts in the SQLite file. */
export async function sizeInSqlite(path: string, pulls: number): Promise<number> {
  const database = new Database(path);
  database.exec('delete from usage_events; delete from usage_images; delete from usage_months; vacuum');
  database.pragma('wal_checkpoint(truncate)');
  const before = (await stat(path)).size;
  const insertImage = database.prepare(
    `insert into usage_images (${imageColumns}) values (${imageColumns.replace(/\w+/g, '?')})`,
  );
  const insertMonth = database.prepare('insert into usage_months (image, month, cells) values (?, ?, ?)');
  database.exec('begin');
  for (let image = 1; image <= pulls / pullsOfImage; image++) {
    insertImage.run(...imageRow(image));
    for (let month = 0; month < months; month++) insertMonth.run(image, 24_300 + month, randomMonth());
  }
  database.exec('commit');
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  return (await stat(path)).size - before;
}

/** Returns the size in bytes. Replaces the counts in the PostgreSQL database. */
export async function sizeInPostgres(url: string, pulls: number): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('truncate usage_events, usage_images, usage_months');
  const marks = (count: number): string => Array.from({ length: count }, (_, at) => `$${at + 1}`).join(', ');
  for (let image = 1; image <= pulls / pullsOfImage; image++) {
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
