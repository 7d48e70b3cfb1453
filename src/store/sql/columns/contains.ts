import { sql, type Expression, type SqlBool } from 'kysely';

/**
 * Creates the condition that a column contains a text. The column must be in lower case, as names and patterns are. The
 * text may be in upper case. The characters % and _ have no special meaning.
 */
export function contains(column: string, text: string): Expression<SqlBool> {
  const escaped = text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&');
  return sql<SqlBool>`${sql.ref(column)} like ${`%${escaped}%`} escape '\\'`;
}
