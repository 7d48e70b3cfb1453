import { readdirSync, readFileSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';
import { packageFolder } from '../../package-folder.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /**
   * The SQL of the migration, which both SQLite and PostgreSQL can run. SQL that is only for SQLite is written inside
   * comments, so PostgreSQL ignores it. For SQLite, `forSqlite` turns these comments into SQL.
   */
  readonly sql: string;
}

/** The state of a database's schema, as recorded in the tables of that database. */
export interface Schema {
  /** The numbers of the migrations that were applied to the database. */
  readonly applied: ReadonlySet<number>;
  /**
   * Says which older versions of dockpass can still use the database after a migration. The key is the number of that
   * migration. The value is the number of an earlier migration: an older version can still use the database if the
   * newest migration that it contains has this number or a higher one. If a migration has no entry, only versions that
   * contain the migration can use the database.
   */
  readonly worksWith: ReadonlyMap<number, number>;
}

const folder = new URL('migrations/', packageFolder);

/** The number of the migration that creates the table schema_compatibility. */
const compatibilitySince = 8;
export const schemaQueries = {
  applied: 'select number from migrations',
  compatibility: 'select number, works_with from schema_compatibility',
} as const;

export interface Compatibility {
  readonly number: number;
  readonly works_with: number;
}

/** Returns true if the applied migrations include the one that creates the table schema_compatibility. */
export function hasCompatibilityTable(applied: readonly number[]): boolean {
  return applied.includes(compatibilitySince);
}

export function schemaOf(applied: readonly number[], compatibility: readonly Compatibility[]): Schema {
  return {
    applied: new Set(applied),
    worksWith: new Map(compatibility.map(({ number, works_with }) => [number, works_with])),
  };
}

let contained: readonly Migration[] | undefined;

/** Returns all migrations that this version of dockpass contains, sorted by number. Reads their files only once. */
export function allMigrations(): readonly Migration[] {
  contained ??= readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -'.sql'.length),
      sql: readFileSync(new URL(file, folder), 'utf8'),
    }));
  return contained;
}

/**
 * Returns the migrations of this version of dockpass that were not applied to the database yet.
 * @throws DockpassError `database` if a newer version of dockpass has applied a migration after which this version
 *   cannot use the database
 */
export function missingMigrations({ applied, worksWith }: Schema): Migration[] {
  const all = allMigrations();
  const newest = all.at(-1)?.number ?? 0;
  const tooNew = unknownMigrations(applied).find((number) => (worksWith.get(number) ?? Infinity) > newest);
  if (tooNew !== undefined) {
    throw new DockpassError(
      'database',
      `the database has schema version ${tooNew}, but this version of dockpass supports only schema versions up to ${newest}. Run the newer version of dockpass.`,
    );
  }
  return all.filter(({ number }) => !applied.has(number));
}

/**
 * Returns the numbers of the applied migrations that this version of dockpass does not contain, because a newer version
 * has applied them.
 */
export function unknownMigrations(applied: ReadonlySet<number>): number[] {
  const known = new Set(allMigrations().map(({ number }) => number));
  return [...applied].filter((number) => !known.has(number));
}
