import { readdirSync, readFileSync } from 'node:fs';
import { DockpassError } from '../errors.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Plain SQL that every backend understands. */
  readonly sql: string;
}

const folder = new URL('../../migrations/', import.meta.url);

/** All migrations of this version, in order. */
export function allMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -'.sql'.length),
      sql: readFileSync(new URL(file, folder), 'utf8'),
    }));
}

/**
 * What is still to apply to a database that has `applied`.
 * @throws DockpassError `database` where the database was made by a newer version.
 */
export function missingMigrations(applied: ReadonlySet<number>): Migration[] {
  const all = allMigrations();
  const newest = all.at(-1)?.number ?? 0;
  const unknown = [...applied].find((number) => number > newest);
  if (unknown !== undefined) {
    throw new DockpassError(
      'database',
      `the database is at schema ${unknown}, this dockpass knows ${newest}: run the newer version`,
    );
  }
  return all.filter(({ number }) => !applied.has(number));
}
