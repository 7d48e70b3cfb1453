import type Database from 'better-sqlite3';

/** Statements kept, by their text. Some are made for a number of rows: past this all are made anew. */
const statementsKept = 200;

/** To prepare a lookup takes longer than to run it. */
export function cacheStatements(database: Database.Database): (sql: string) => Database.Statement {
  const known = new Map<string, Database.Statement>();
  return (sql) => {
    const found = known.get(sql);
    if (found !== undefined) return found;
    if (known.size >= statementsKept) known.clear();
    const statement = database.prepare(sql);
    known.set(sql, statement);
    return statement;
  };
}
