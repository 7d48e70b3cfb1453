import type Database from 'better-sqlite3';
import { saysWhatItWorksWith, schemaOf, schemaQueries, type Compatibility, type Schema } from './migrate.ts';

export function readSqliteSchema(database: Database.Database): Schema {
  const applied = database.prepare<[], number>(schemaQueries.applied).pluck().all();
  const compatibility = saysWhatItWorksWith(applied)
    ? database.prepare<[], Compatibility>(schemaQueries.compatibility).all()
    : [];
  return schemaOf(applied, compatibility);
}
