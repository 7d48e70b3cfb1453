import { readdirSync, readFileSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';
import { packageFolder } from '../../package-folder.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Plain SQL that every backend understands. What SQLite alone is to read stands in comments, see forSqlite. */
  readonly sql: string;
}

/** What a database says of itself. */
export interface Schema {
  /** The numbers of its migrations. */
  readonly applied: ReadonlySet<number>;
  /** Migration → the oldest newest migration of a dockpass that can live with it. Not there: none that does not know it. */
  readonly worksWith: ReadonlyMap<number, number>;
}

const folder = new URL('migrations/', packageFolder);

/** The migration that made the table schema_compatibility. */
const compatibilitySince = 8;
export const schemaQueries = {
  applied: 'select number from migrations',
  compatibility: 'select number, works_with from schema_compatibility',
} as const;

export interface Compatibility {
  readonly number: number;
  readonly works_with: number;
}

/** Is schema_compatibility there to be asked? */
export function hasCompatibilityTable(applied: readonly number[]): boolean {
  return applied.includes(compatibilitySince);
}

export function schemaOf(applied: readonly number[], compatibility: readonly Compatibility[]): Schema {
  return {
    applied: new Set(applied),
    worksWith: new Map(compatibility.map(({ number, works_with }) => [number, works_with])),
  };
}

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
 * What is still to apply. Migrations of a newer dockpass that say that we can live with them are no fault.
 * @throws DockpassError `database` where the database was made by a newer version that is too far ahead
 */
export function missingMigrations({ applied, worksWith }: Schema): Migration[] {
  const all = allMigrations();
  const newest = all.at(-1)?.number ?? 0;
  const tooNew = unknownMigrations(applied).find((number) => (worksWith.get(number) ?? Infinity) > newest);
  if (tooNew !== undefined) {
    throw new DockpassError(
      'database',
      `the database is at schema ${tooNew}, this dockpass knows ${newest}: run the newer version`,
    );
  }
  return all.filter(({ number }) => !applied.has(number));
}

/** Those that only a newer dockpass knows. */
export function unknownMigrations(applied: ReadonlySet<number>): number[] {
  const known = new Set(allMigrations().map(({ number }) => number));
  return [...applied].filter((number) => !known.has(number));
}
