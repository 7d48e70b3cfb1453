import { readdirSync, readFileSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';
import { packageFolder } from '../../package-folder.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Plain SQL that both databases understand. Comments contain the parts for SQLite alone, see forSqlite. */
  readonly sql: string;
}

/** What a database records about its own schema. */
export interface Schema {
  /** The numbers of the migrations that were applied. */
  readonly applied: ReadonlySet<number>;
  /**
   * For a migration: the oldest version of dockpass that can work with it, named by the newest migration that it
   * knows. If an entry is missing, only a version that knows the migration can.
   */
  readonly worksWith: ReadonlyMap<number, number>;
}

const folder = new URL('migrations/', packageFolder);

/** The migration that created the table schema_compatibility. */
const compatibilitySince = 8;
export const schemaQueries = {
  applied: 'select number from migrations',
  compatibility: 'select number, works_with from schema_compatibility',
} as const;

export interface Compatibility {
  readonly number: number;
  readonly works_with: number;
}

/** Returns true if the table schema_compatibility exists. */
export function hasCompatibilityTable(applied: readonly number[]): boolean {
  return applied.includes(compatibilitySince);
}

export function schemaOf(applied: readonly number[], compatibility: readonly Compatibility[]): Schema {
  return {
    applied: new Set(applied),
    worksWith: new Map(compatibility.map(({ number, works_with }) => [number, works_with])),
  };
}

/** Returns all migrations of this version, in order. */
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
 * Returns the migrations that must still be applied. Migrations of a newer version are accepted if they say that
 * this version can work with them.
 * @throws DockpassError `database` if a newer version created the database, and this version cannot work with it
 */
export function missingMigrations({ applied, worksWith }: Schema): Migration[] {
  const all = allMigrations();
  const newest = all.at(-1)?.number ?? 0;
  const tooNew = unknownMigrations(applied).find((number) => (worksWith.get(number) ?? Infinity) > newest);
  if (tooNew !== undefined) {
    throw new DockpassError(
      'database',
      `the database has schema ${tooNew}, but this version of dockpass knows only ${newest}. Run the newer version.`,
    );
  }
  return all.filter(({ number }) => !applied.has(number));
}

/** Returns the migrations that only a newer version knows. */
export function unknownMigrations(applied: ReadonlySet<number>): number[] {
  const known = new Set(allMigrations().map(({ number }) => number));
  return [...applied].filter((number) => !known.has(number));
}
