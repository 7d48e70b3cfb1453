import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import Database from 'better-sqlite3';

/**
 * If the free space is less than `bytes` and also less than `share` of the file system, denied requests and tokens of
 * anonymous clients are not written to the audit log. Anyone can cause these events. Without this limit, they could
 * fill the disk, and administrative changes and logins would fail.
 */
const minFree = { bytes: 256 * 1024 * 1024, share: 0.1 };

/**
 * Returns true if the file system of the folder has too little free space to write denied requests and tokens of
 * anonymous clients to the audit log.
 */
export async function lacksSpace(folder: string): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return bavail * bsize < minFree.bytes && bavail < blocks * minFree.share;
}

/**
 * The size of the reserve file in bytes. If the disk is full, dockpass removes this file, and SQLite uses its space for
 * the file -shm, which it creates when it opens a database. So the reserve file must be larger than the file -shm
 * (https://sqlite.org/walformat.html#the_wal_index_file_format).
 */
const reserveBytes = 64 * 1024;

/**
 * Creates the reserve file next to the database at `path`. The file contains nothing useful. If the disk is full, a
 * server that starts removes it, because SQLite cannot open a database on a full disk. If the file cannot be created,
 * this function does nothing.
 */
export function createReserve(path: string): void {
  const reserve = reserveOf(path);
  if (statSync(reserve, { throwIfNoEntry: false }) !== undefined) return;
  let file: number;
  try {
    file = openSync(reserve, 'wx', 0o600);
  } catch {
    // The disk is full or read-only, or another process has just created the file.
    return;
  }
  try {
    // The file is filled with zeros. If only its length were set, the file system could store it without using space on
    // the disk.
    if (writeSync(file, Buffer.alloc(reserveBytes)) < reserveBytes) rmSync(reserve, { force: true });
  } catch {
    rmSync(reserve, { force: true });
  } finally {
    closeSync(file);
  }
}

/** Calls `open`. If it fails because the disk is full, removes the reserve file and calls it a second time. */
export function withReserve<Result>(path: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    if (!isFull(error) || statSync(reserveOf(path), { throwIfNoEntry: false }) === undefined) throw error;
    rmSync(reserveOf(path), { force: true });
    return open();
  }
}

function isFull(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError && ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(error.code)
  );
}

function reserveOf(path: string): string {
  return `${path}-reserve`;
}
