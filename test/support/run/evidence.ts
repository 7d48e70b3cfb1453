import {
  appendFileSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { runDirectory, runPid } from './environment.ts';

// What the servers of a test run leave behind is kept until all its files are done, and then searched for every secret
// that any of them used (leaks.ts, called by whole-run.ts).

/** What servers and commands wrote, what refused people were told, the metrics, and the database files. */
export type EvidenceKind = 'logs' | 'commands' | 'answers' | 'metrics' | 'databases';

export function evidenceDirectory(run: number): string {
  return join(runDirectory(run), 'evidence');
}

/** A file to a worker, one secret to a line, in base64. */
export function secretsDirectory(run: number): string {
  return join(runDirectory(run), 'secrets');
}

/** Shorter ones would be found in words that are none. */
const shortest = 10;
const registered = new Set<string>();

/** From now on this text is a leak wherever it is found. Tokens need no such word: they are known by their form. */
export function registerSecret(text: string): void {
  if (text.length < shortest || registered.has(text)) return;
  registered.add(text);
  append(secretsDirectory(runPid), Buffer.from(text).toString('base64'));
}

const kept = new Set<string>();

export function keepText(kind: EvidenceKind, text: string): void {
  // Tests make the same server say the same again and again.
  const digest = createHash('sha256').update(`${kind}\0${text}`).digest('base64');
  if (text === '' || kept.has(digest)) return;
  kept.add(digest);
  append(join(evidenceDirectory(runPid), kind), text);
}

/** Every database file below the directory, by another name: what is removed in a moment stays. */
export function keepDatabases(directory: string): void {
  if (!existsSync(directory)) return;
  const to = join(evidenceDirectory(runPid), 'databases');
  mkdirSync(to, { recursive: true });
  for (const [at, path] of databasesBelow(directory).entries())
    linkSync(path, join(to, `${directory.slice(directory.lastIndexOf('/') + 1)}-${at}`));
}

function databasesBelow(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : databasesBelow(directory, path);
    const isDatabase = isPostgres(path) || (entry.isFile() && isSqlite(join(directory, path)));
    return entry.isFile() && isDatabase ? [join(directory, path)] : [];
  });
}

/** What is written ahead of all tables, of which a new database alone has 300 files (PostgreSQL 15, section 73.1). */
function isPostgres(path: string): boolean {
  return /(^|\/)data\/pg_wal\/\w+$/.test(path);
}

/** SQLite's database, its write-ahead log and its journal begin with these (file format, sections 1.3, 4.1 and 3). */
const magic = ['53514c69746520666f726d6174203300', '377f0682', '377f0683', 'd9d505f920a163d7'];

function isSqlite(path: string): boolean {
  const start = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, start, 0, 16, 0);
    return magic.some((known) => start.toString('hex', 0, length).startsWith(known));
  } finally {
    closeSync(file);
  }
}

function append(directory: string, line: string): void {
  mkdirSync(directory, { recursive: true });
  appendFileSync(join(directory, String(process.pid)), `${line}\n`);
}
