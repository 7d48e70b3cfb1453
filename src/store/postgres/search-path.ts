import type pg from 'pg';

/**
 * Sets the search path of a new connection to the schema of dockpass. PostgreSQL then finds its own functions,
 * operators and types first, and no other schema is searched, so that no other role can make dockpass call its
 * functions.
 *
 * The schema of dockpass is the first schema in the configured search path that contains tables of dockpass. A schema
 * whose tables belong to the role of dockpass comes before all others. The order of the search path is not safe: by
 * default, it begins with the schema that is named like the connected role, and another role may have created that
 * schema. In an empty database, the result is the schema in which PostgreSQL creates tables by default.
 *
 * Only this statement runs with the configured search path. So it names the schema of each operator too.
 */
const statement = `with tables as (select relnamespace, relowner from pg_catalog.pg_class where relname operator(pg_catalog.=) 'audit_events'::pg_catalog.name)
select pg_catalog.set_config('search_path',
  pg_catalog.concat(pg_catalog.quote_ident(chosen.name), ', pg_temp'), false)
from (select coalesce(
  (select path.name
     from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as path (name, place)
     join pg_catalog.pg_namespace as found on found.nspname operator(pg_catalog.=) path.name
     join tables on tables.relnamespace operator(pg_catalog.=) found.oid
     join pg_catalog.pg_roles as own on own.rolname operator(pg_catalog.=) current_user
    order by (tables.relowner operator(pg_catalog.=) own.oid) desc,
             pg_catalog.pg_has_role(tables.relowner, 'USAGE') desc, path.place
    limit 1),
  pg_catalog.current_schema()) as name) as chosen
where chosen.name is not null`;

export async function setSearchPath(client: pg.ClientBase): Promise<void> {
  await client.query(statement);
}
