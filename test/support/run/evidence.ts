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

// The output and files of the servers in a test run are kept until all test files are done. Then they are searched for
// every secret that a test used (leaks.ts, called by whole-run.ts).

/** The output of servers and of commands, the answers to denied requests, the metrics, and the database files. */
export type EvidenceKind = 'logs' | 'commands' | 'answers' | 'metrics' | 'databases';

export function evidenceDirectory(run: number): string {
  return join(runDirectory(run), 'evidence');
}

/** Returns the folder of the registered secrets: one file for each worker, one secret on each line, in base64. */
export function secretsDirectory(run: number): string {
  return join(runDirectory(run), 'secrets');
}

/** Shorter secrets are not registered, because ordinary text may contain them by chance. */
const shortest = 10;
const registered = new Set<string>();

/** Registers a secret to search for. Tokens need not be registered, because the search recognizes their format. */
export function registerSecret(text: string): void {
  if (text.length < shortest || registered.has(text)) return;
  registered.add(text);
  append(secretsDirectory(runPid), Buffer.from(text).toString('base64'));
}

const keptDigests = new Set<string>();

export function keepText(kind: EvidenceKind, text: string): void {
  // Servers write the same text in many tests, so each text is kept only once.
  const digest = createHash('sha256').update(`${kind}\0${text}`).digest('base64');
  if (text === '' || keptDigests.has(digest)) return;
  keptDigests.add(digest);
  append(join(evidenceDirectory(runPid), kind), text);
}

/** Keeps all database files below the directory, by hard links, because the directory is about to be removed. */
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

/**
 * Whether the file belongs to the write-ahead log of PostgreSQL, which contains all changes of the tables. The files of
 * the tables are not kept, because even a new database has 300 of them (PostgreSQL 15, section 73.1).
 */
function isPostgres(path: string): boolean {
  return /(^|\/)data\/pg_wal\/\w+$/.test(path);
}

/** The first bytes of SQLite's database, write-ahead log and journal files (file format, sections 1.3, 4.1 and 3). */
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
