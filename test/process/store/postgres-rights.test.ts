import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { databaseRights } from '../../../src/doctor/local/database-rights.ts';
import type { DoctorContext } from '../../../src/doctor/context.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { askPostgres, startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { dockpassHome, startServe } from '../../support/dockpass/dockpass.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { refusalOf } from '../../support/database/refusal.ts';

// Another role of the PostgreSQL server tries to have its code run with the rights of dockpass. `keeper` is the role of
// dockpass and owns the database. `mallory` may connect, and has the rights that the test names.

needs('postgres')('another role in the database of dockpass', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
    await askPostgres(cluster, 'create role keeper login');
    await askPostgres(cluster, 'create role mallory login');
  });

  interface Database {
    readonly name: string;
    /** The URL for the role of dockpass. */
    readonly url: string;
    /** Runs SQL statements as this role. */
    as(role: 'postgres' | 'keeper' | 'mallory', statements: string): Promise<Record<string, unknown>[]>;
    open(ownership?: 'warn' | 'require'): Promise<Store>;
    /** Expects that dockpass does not start. @returns the message */
    refusal(ownership?: 'warn' | 'require'): Promise<string>;
  }

  const newDatabase = async (...asSuperuser: readonly string[]): Promise<Database> => {
    const url = new URL(await cluster.newDatabase());
    const name = url.pathname.slice(1);
    await askPostgres(cluster, `alter database ${name} owner to keeper`);
    const as: Database['as'] = async (role, statements) => {
      url.username = role;
      const client = new pg.Client(url.href);
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(statements)).rows;
      } finally {
        await client.end();
      }
    };
    for (const statement of asSuperuser) await as('postgres', statement);
    const keeper = `postgres://keeper@${url.host}/${name}`;
    const open: Database['open'] = async (ownership) => {
      const store = await openStore(keeper, undefined, ownership);
      afterwards(() => store.close());
      return store;
    };
    const refusal: Database['refusal'] = (ownership) => refusalOf(open(ownership));
    return { name, url: keeper, as, open, refusal };
  };
  /** Turns a database into one that an older version created: those have no mark. */
  const age = (database: Database): Promise<unknown> =>
    database.as('keeper', 'comment on table migrations is null');
  /** Runs the SQL statements at the end of a message, as an administrator does. */
  const follow = (database: Database, message: string): Promise<unknown> =>
    database.as('postgres', message.slice(message.lastIndexOf(': ') + 2));
  const tablesIn = (database: Database): Promise<unknown[]> =>
    database.as(
      'postgres',
      "select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    );
  const findings = (database: string) =>
    databaseRights.run({ config: { database } } as DoctorContext, undefined);

  /** What PostgreSQL 14 has by default: every role may create objects in `public`, which belongs to a superuser. */
  const asInPostgres14 =
    'alter schema public owner to postgres; grant all on schema public to public, keeper';
  const lookalikes = `
    create table public.calls (name text);
    grant all on public.calls to public;
    create function public.stolen(name text) returns void language sql as 'insert into public.calls values (name)';
    create function public.pg_advisory_xact_lock(integer) returns void language sql as $$select public.stolen('lock')$$;
    create function public.pg_advisory_xact_lock(bigint) returns void language sql as $$select public.stolen('lock')$$;
    create function public.pg_notify(text, text) returns void language sql as $$select public.stolen('notify')$$;
    create function public.current_setting(text) returns text language sql as $$select public.stolen('setting'); select ''$$;
    create function public.unequal(bigint, integer) returns boolean language sql as $$select public.stolen('operator'); select true$$;
    create operator public.= (leftarg = bigint, rightarg = integer, function = public.unequal);
    create function public.unequal(text, varchar) returns boolean language sql as $$select public.stolen('operator'); select true$$;
    create operator public.= (leftarg = text, rightarg = varchar, function = public.unequal);`;

  test('functions and operators that look like those of PostgreSQL are never called', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await age(database);
    await database.as(
      'postgres',
      `alter schema public owner to keeper; grant create on schema public to mallory; grant connect on database ${database.name} to mallory`,
    );
    await database.as('mallory', lookalikes);
    const store = await database.open();
    await store.change({ at: 1, subject: '', what: 'a change' }, async ({ users }) => {
      await users.add({
        name: 'alice',
        role: 'writer',
        passwordHash: null,
        disabled: false,
        createdAt: 1,
        changedAt: 1,
      });
      await users.account('alice');
    });
    await store.broadcast?.publish('text');
    await store.encryptedKeys.update((rows) => new Map(rows).set('a', 'b'));
    await store.accessTokens.used(new Map([['x', { at: 1, from: 'here' }]]));
    await store.auditLog.verify();
    expect(await database.as('postgres', 'select * from calls')).toEqual([]);
    // The role still has its own functions, so the attack works for a program that does not protect itself.
    await database.as('keeper', 'select pg_advisory_xact_lock(1)');
    expect(await database.as('postgres', 'select * from calls')).toEqual([{ name: 'lock' }]);
  });

  test.each([
    [
      'the role that owns the schema',
      ['alter schema public owner to mallory', 'grant create on schema public to keeper'],
    ],
    ['every role, as in PostgreSQL 14', [asInPostgres14]],
    ['a role that may create objects', ['grant create on schema public to mallory']],
    [
      'a role with a function',
      [
        'grant create on schema public to mallory',
        "set role mallory; create function pg_notify(text, text) returns void language sql as 'select'",
        'revoke create on schema public from mallory',
      ],
    ],
    [
      'a role with an operator',
      [
        'grant create on schema public to mallory',
        'set role mallory; create operator = (leftarg = text, rightarg = text, function = starts_with)',
        'revoke create on schema public from mallory',
      ],
    ],
    [
      'a role with a type',
      [
        'grant create on schema public to mallory',
        'set role mallory; create domain bigint as int',
        'revoke create on schema public from mallory',
      ],
    ],
  ])('prevents the first start: %s', async (_who, statements) => {
    const database = await newDatabase(...statements);
    const message = await database.refusal();
    expect(message).toMatch(
      /other roles could run code with the rights of dockpass: .*Run these statements as a superuser/,
    );
    expect(await tablesIn(database)).toEqual([]);
    expect(await findings(database.url)).toEqual([
      expect.objectContaining({ code: 'database_not_owned', severity: 'wrong' }),
      expect.objectContaining({ code: 'database_open_to_all_roles', severity: 'warning' }),
    ]);
    await follow(database, message);
    expect((await database.open()).rights).toEqual({ ownership: [], publicAccess: undefined });
    expect(await findings(database.url)).toEqual([]);
  });

  test('prevents a start with a database that dockpass created, if it gets rights later', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await database.as('postgres', 'grant create on schema public to mallory');
    const message = await database.refusal();
    expect(message).toContain('the role mallory may create objects in the schema public');
    await follow(database, message);
    await database.open();
  });

  test('is reported for a database from an older version, and prevents a start only if that is configured', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await age(database);
    await database.as(
      'postgres',
      `${asInPostgres14}; alter table users owner to mallory; grant all on users to keeper`,
    );
    expect((await database.open()).rights?.ownership.map(({ fix }) => fix)).toEqual([
      'alter schema public owner to keeper',
      'revoke create on schema public from public',
      'alter table users owner to keeper',
    ]);
    const message = await database.refusal('require');
    await follow(database, message);
    expect((await database.open('require')).rights?.ownership).toEqual([]);
  });

  test('is named in the log of a server on a database from an older version, and stops a server with databaseOwnership: require', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await age(database);
    await database.as('postgres', asInPostgres14);
    const server = await startServe({ config: { database: database.url } });
    await server.process.line(/"level":"error".*revoke create on schema public from public/);
    const refused = await dockpassHome({ config: { database: database.url, databaseOwnership: 'require' } });
    const { status, stderr } = await refused.cli(['user', 'list']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^dockpass: PostgreSQL: other roles could run code.*revoke create on schema public/,
    );
  });

  test('that is a superuser and has created the tables, can give them to a plain role', async () => {
    const database = await newDatabase();
    await (await openStore(database.url.replace('keeper@', 'postgres@'))).close();
    await database.as('postgres', 'grant all on all tables in schema public to keeper');
    const message = await database.refusal();
    expect(message).toContain('alter table users owner to keeper;');
    expect(message).toContain('alter routine dockpass_tell_change() owner to keeper;');
    await follow(database, message);
    expect((await database.open()).rights?.ownership).toEqual([]);
  });

  test('owns everything in a database from an older version, and dockpass still starts', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await age(database);
    await database.as(
      'postgres',
      `reassign owned by keeper to mallory; alter database ${database.name} owner to keeper;
       comment on function dockpass_tell_change() is 'an older version';
       grant all on all tables in schema public to keeper`,
    );
    const other = await database.open();
    expect(other.rights?.ownership.length).toBeGreaterThan(10);
    const before = store.changes();
    await other.users.add({
      ...{ name: 'alice', role: 'writer', passwordHash: null, disabled: false, createdAt: 1, changedAt: 1 },
    });
    await expect.poll(() => store.changes()).toBeGreaterThan(before);
    await follow(database, await database.refusal('require'));
    expect((await database.open('require')).rights?.ownership).toEqual([]);
  });

  test('with a trigger on a table is reported', async () => {
    const database = await newDatabase();
    await (await database.open()).close();
    await age(database);
    await database.as(
      'postgres',
      `grant create on schema public to mallory; grant trigger on users to mallory; grant connect on database ${database.name} to mallory`,
    );
    await database.as(
      'mallory',
      `create function public.steal() returns trigger language plpgsql as 'begin return null; end';
      create trigger steal after insert on public.users execute function public.steal()`,
    );
    expect((await database.open()).rights?.ownership.map(({ fix }) => fix)).toEqual([
      'revoke create on schema public from mallory',
      'drop trigger steal on users',
      'drop routine steal()',
    ]);
  });

  test('with a schema of the same name as the role of dockpass, cannot replace the tables of dockpass', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.users.add({
      name: 'alice',
      role: 'admin',
      passwordHash: null,
      disabled: false,
      createdAt: 1,
      changedAt: 1,
    });
    await database.as('postgres', `grant create, connect on database ${database.name} to mallory`);
    await database.as(
      'mallory',
      `create schema keeper; grant all on schema keeper to public;
      create table keeper.migrations (number bigint); create table keeper.audit_events (id text);
      create table keeper.users (name text); grant all on all tables in schema keeper to public`,
    );
    const other = await database.open();
    expect(await other.users.list()).toMatchObject([{ name: 'alice' }]);
    expect(other.rights?.ownership).toEqual([]);
  });

  test('cannot put control characters into messages with the name of an object', async () => {
    const database = await newDatabase('grant create on schema public to mallory');
    await database.as('mallory', 'create domain "\u001b[2J\u202e" as int');
    const message = await database.refusal();
    expect(message).toContain('\\u001b[2J\\u202e');
    expect(message).not.toMatch(/[^\x20-\x7e]/);
  });

  test('can no longer connect after the first start, if dockpass owns the database', async () => {
    const database = await newDatabase();
    await database.as('mallory', 'select');
    await Promise.all([database.open(), database.open(), database.open()]);
    await expect(database.as('mallory', 'select')).rejects.toThrow(/permission denied for database/);
    await database.as('postgres', `grant connect on database ${database.name} to mallory`);
    expect((await database.open()).rights?.publicAccess).toBeUndefined();
    await database.as('mallory', 'select');
  });

  test('can still connect if dockpass does not own the database, which is reported', async () => {
    const database = await newDatabase('create schema authorization keeper');
    await askPostgres(cluster, `alter database ${database.name} owner to postgres`);
    const { rights } = await database.open();
    expect(rights).toMatchObject({
      ownership: [],
      publicAccess: {
        fix: `revoke connect on database ${database.name} from public; grant connect on database ${database.name} to keeper`,
      },
    });
    await database.as('mallory', 'select');
    expect(await findings(database.url)).toMatchObject([{ code: 'database_open_to_all_roles' }]);
    await database.as('postgres', rights?.publicAccess?.fix ?? '');
    await database.open();
    await expect(database.as('mallory', 'select')).rejects.toThrow(/permission denied for database/);
    expect(await findings(database.url)).toEqual([]);
  });

  test('in PostgreSQL 14, a schema with the name of the role is enough for the first start', async () => {
    const database = await newDatabase(asInPostgres14);
    await database.as('keeper', 'create schema authorization keeper');
    expect((await database.open()).rights?.ownership).toEqual([]);
    expect(await tablesIn(database)).toEqual([]);
  });
});
