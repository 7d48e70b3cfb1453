import { sql, type SelectQueryBuilder, type SqlBool } from 'kysely';
import type { PageFilter } from '../../ports/page.ts';
import type { Tables } from '../tables.ts';
import { contains } from './contains.ts';

/** Limits a query to one page of the rows, ordered by the column `name`. Use it with `$call` of Kysely. */
export function namePage({ limit, after, contains: text }: PageFilter) {
  const name = sql.ref('name');
  return <Table extends keyof Tables, Row>(query: SelectQueryBuilder<Tables, Table, Row>) => {
    let page = query;
    if (after !== undefined) page = page.where(sql<SqlBool>`${name} > ${after}`);
    if (text !== undefined) page = page.where(contains('name', text));
    return page.orderBy(name).limit(limit);
  };
}
