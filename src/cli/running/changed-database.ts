import { say } from '../output.ts';

let changed: string | undefined;

/** Remembers that the command has changed this database. */
export function noteChangedDatabase(database: string): void {
  changed = database;
}

/**
 * Says which database the command has changed, if it has changed one. A command that runs in the wrong folder changes
 * another database than the person expects.
 */
export function sayChangedDatabase(): void {
  if (changed !== undefined) say(`Database: ${changed}`);
  changed = undefined;
}
