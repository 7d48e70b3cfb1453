import type pg from 'pg';
import type { DatabaseFault } from '../store.ts';

/**
 * A query that finds what allows another role to run code with the rights of dockpass. Such faults are: a schema or a
 * table that belongs to another role; another role that may create objects in the schema; and functions, operators,
 * types and triggers of another role in the schema. The search path must be set (see search-path.ts).
 *
 * `ours` is true for a role whose rights dockpass has. The objects of such a role are no fault. A superuser has the
 * rights of all roles, so for a superuser this rule would report nothing. Therefore, if dockpass connects as a
 * superuser, `ours` is true only for superusers and for the owner of the database.
 *
 * Functions, operators, types and triggers of a superuser are not reported, because a superuser can create objects in
 * any schema, and often owns the objects of extensions. The only exception is the function `dockpass_tell_change`: it
 * must belong to a role for which `ours` is true.
 */
const query = `with own as (
  select role.oid, role.rolsuper, base.datdba from pg_catalog.pg_roles as role, pg_catalog.pg_database as base
   where role.rolname = current_user and base.datname = pg_catalog.current_database()
), roles as (
  select role.oid, role.rolname, role.rolsuper,
    role.oid = own.oid or case when own.rolsuper
      then role.rolsuper or role.oid = own.datdba or role.rolname = 'pg_database_owner'
      else pg_catalog.pg_has_role(role.oid, 'USAGE') end as ours
    from pg_catalog.pg_roles as role, own
), place as (
  select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace where nspname = pg_catalog.current_schema()
), faults as (
  select 1 as rank, 'schema' as kind, pg_catalog.quote_ident(nspname) as name, nspowner as owner
    from place join roles on roles.oid = nspowner and not ours
  union all
  select 2, 'create', pg_catalog.quote_ident(nspname), acl.grantee
    from place, pg_catalog.aclexplode(coalesce(nspacl, pg_catalog.acldefault('n', nspowner))) as acl
    left join roles on roles.oid = acl.grantee
   where acl.privilege_type = 'CREATE' and acl.grantee <> nspowner and not coalesce(ours or rolsuper, false)
  union all
  select 3, 'table', pg_catalog.quote_ident(relname), relowner
    from place join pg_catalog.pg_class on relnamespace = place.oid and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    join roles on roles.oid = relowner and not ours
  union all
  select 3, 'own routine', cast(cast(pg_proc.oid as pg_catalog.regprocedure) as pg_catalog.text), proowner
    from place join pg_catalog.pg_proc on pronamespace = place.oid and proname = 'dockpass_tell_change'
    join roles on roles.oid = proowner and rolsuper and not ours
  union all
  select 4, 'trigger', pg_catalog.concat(pg_catalog.quote_ident(tgname), ' on ', pg_catalog.quote_ident(relname)), proowner
    from place join pg_catalog.pg_class on relnamespace = place.oid
    join pg_catalog.pg_trigger on tgrelid = pg_class.oid and not tgisinternal
    join pg_catalog.pg_proc on pg_proc.oid = tgfoid
    join roles on roles.oid = proowner and not (ours or rolsuper)
  union all
  select 5, 'routine', cast(cast(pg_proc.oid as pg_catalog.regprocedure) as pg_catalog.text), proowner
    from place join pg_catalog.pg_proc on pronamespace = place.oid
    join roles on roles.oid = proowner and not (ours or rolsuper)
  union all
  select 6, 'operator', cast(cast(pg_operator.oid as pg_catalog.regoperator) as pg_catalog.text), oprowner
    from place join pg_catalog.pg_operator on oprnamespace = place.oid
    join roles on roles.oid = oprowner and not (ours or rolsuper)
  union all
  select 7, 'type', cast(cast(pg_type.oid as pg_catalog.regtype) as pg_catalog.text), typowner
    from place join pg_catalog.pg_type on typnamespace = place.oid and typtype in ('b', 'c', 'd', 'e', 'r')
      and typcategory <> 'A'
    left join pg_catalog.pg_class on pg_class.oid = typrelid
    join roles on roles.oid = typowner and not (ours or rolsuper)
   where pg_class.oid is null or relkind = 'c'
)
select kind, name, pg_catalog.quote_ident(rolname) as role, pg_catalog.quote_ident(current_user) as own
  from faults left join pg_catalog.pg_roles as role on role.oid = owner order by rank, name, role limit 50`;

interface FaultRow {
  readonly kind: keyof typeof faultsByKind;
  /** The name of the object, quoted as SQL requires. */
  readonly name: string;
  /**
   * The role that owns the object, or that may create objects in the schema, quoted as SQL requires. Null if every role
   * may create objects.
   */
  readonly role: string | null;
  /** The role of dockpass, quoted. */
  readonly own: string;
}

/** Maps each kind of fault to a description and to the SQL statement that fixes it. */
const faultsByKind = {
  schema: ({ name, role, own }) => [
    `the schema ${name} belongs to the role ${role}`,
    `alter schema ${name} owner to ${own}`,
  ],
  create: ({ name, role }) => [
    `${role === null ? 'every role' : `the role ${role}`} may create objects in the schema ${name}`,
    `revoke create on schema ${name} from ${role ?? 'public'}`,
  ],
  table: ({ name, role, own }) => [
    `the table ${name} belongs to the role ${role}`,
    `alter table ${name} owner to ${own}`,
  ],
  // If dockpass once connected as a superuser, its trigger function may belong to that superuser. A superuser has all
  // rights anyway, so its code is no risk, and the fix only changes the owner. If the function belongs to a role that
  // is not a superuser, its code may be malicious. Then the faults `trigger` and `routine` are reported instead, and
  // their fixes drop the triggers and the function. dockpass creates them again at its next start.
  'own routine': ({ name, role, own }) => [
    `the function ${name} belongs to the role ${role}`,
    `alter routine ${name} owner to ${own}`,
  ],
  trigger: ({ name, role }) => [
    `the trigger ${name} calls a function of the role ${role}`,
    `drop trigger ${name}`,
  ],
  routine: foreignObject('function', 'routine'),
  operator: foreignObject('operator', 'operator'),
  type: foreignObject('type', 'type'),
} as const satisfies Record<string, (row: FaultRow) => readonly [problem: string, fix: string]>;

function foreignObject(what: string, keyword: string) {
  return ({ name, role }: FaultRow): readonly [problem: string, fix: string] => [
    `the ${what} ${name} belongs to the role ${role}`,
    `drop ${keyword} ${name}`,
  ];
}

/**
 * Finds what allows other roles to run code with the rights of dockpass. The result is empty if the schema and
 * everything in it belong to the role of dockpass, and no other role may create anything there.
 */
export async function findOwnershipFaults(client: pg.Client): Promise<readonly DatabaseFault[]> {
  const { rows } = await client.query<FaultRow>(query);
  return rows.map((row) => {
    const [problem, fix] = faultsByKind[row.kind](row);
    return { problem: printable(problem), fix: printable(fix) };
  });
}

/**
 * By default, PostgreSQL lets all roles of the server connect to a database. If the database belongs to the role of
 * dockpass, this function revokes that right. A role that may connect can send notifications to all servers and fill
 * the notification queue.
 * @returns a fault if every role may still connect, for example because the database belongs to another role
 */
export async function closeToPublic(client: pg.Client): Promise<DatabaseFault | undefined> {
  const access = await readAccess(client);
  if (!access.isPublic) return undefined;
  if (access.isOurs) {
    // This statement can fail if another process executes it at the same time. So its error is ignored, and the access
    // is read again.
    await client.query(`revoke connect on database ${access.name} from public`).catch(() => {});
    if (!(await readAccess(client)).isPublic) return undefined;
  }
  return publicAccessFault(access);
}

/** Returns a fault if every role of the PostgreSQL server may connect to the database. Changes nothing. */
export async function findPublicAccess(client: pg.Client): Promise<DatabaseFault | undefined> {
  const access = await readAccess(client);
  return access.isPublic ? publicAccessFault(access) : undefined;
}

interface DatabaseAccess {
  /** The name of the database, quoted as SQL requires. */
  readonly name: string;
  readonly own: string;
  readonly isPublic: boolean;
  /** True if the database belongs to the role of dockpass, or to a role of which the role of dockpass is a member. */
  readonly isOurs: boolean;
}

async function readAccess(client: pg.Client): Promise<DatabaseAccess> {
  const { rows } = await client.query<DatabaseAccess>(
    `select pg_catalog.quote_ident(datname) as name, pg_catalog.quote_ident(current_user) as own,
            pg_catalog.has_database_privilege('public', base.oid, 'CONNECT') as "isPublic",
            datdba = role.oid or (not rolsuper and pg_catalog.pg_has_role(datdba, 'USAGE')) as "isOurs"
       from pg_catalog.pg_database as base, pg_catalog.pg_roles as role
      where datname = pg_catalog.current_database() and rolname = current_user`,
  );
  return rows[0] ?? { name: '', own: '', isPublic: false, isOurs: false };
}

function publicAccessFault({ name, own }: DatabaseAccess): DatabaseFault {
  return {
    problem: printable(`every role of the PostgreSQL server may connect to the database ${name}`),
    fix: printable(
      `revoke connect on database ${name} from public; grant connect on database ${name} to ${own}`,
    ),
  };
}

/**
 * Replaces the characters of a name that are not printable ASCII, for example control characters. Other roles choose
 * the names of their objects, and such characters could change what a terminal shows.
 */
function printable(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
