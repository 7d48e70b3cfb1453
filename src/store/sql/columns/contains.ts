import { sql, type Expression, type SqlBool } from 'kysely';

/**
 * Creates the condition that a column contains a text. Upper and lower case do not matter, because names are in lower
 * case. The characters % and _ have no special meaning.
 */
export function contains(column: string, text: string): Expression<SqlBool> {
  const escaped = text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&');
  return sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${escaped}%`} escape '\\'`;
}
