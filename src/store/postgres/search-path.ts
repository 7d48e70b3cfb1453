import type pg from 'pg';

/**
 * Sets the search path of a new connection to the schema that contains the tables of dockpass. PostgreSQL then looks
 * for functions and operators only in its own schema and in this schema. So no other role can make dockpass call a
 * function that this role created.
 *
 * More than one schema in the configured search path may contain tables of dockpass. The statement then prefers a
 * schema whose tables belong to the connected role, and after that one whose tables belong to a role of which the
 * connected role is a member. Only after that, the order of the search path decides: by default, the search path begins
 * with the schema that has the name of the connected role, and another role may have created that schema. If none of
 * the schemas contains tables of dockpass, the statement chooses the one in which PostgreSQL creates tables by default.
 *
 * While this statement runs, the configured search path still applies. So the statement names the schema of each
 * function, operator and type that it uses.
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
