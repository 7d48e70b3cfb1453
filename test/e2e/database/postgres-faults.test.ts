import { expect, test } from 'vitest';
import pg from 'pg';
import { openStore } from '../../../src/store/open-store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import type { DockpassServer } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { askPostgres, startPostgres, startStandby } from '../../support/database/postgres.ts';
import { until } from '../../support/process/ready.ts';
import { startServerGroup } from '../../support/dockpass/server-group.ts';
import { startTcpProxy } from '../../support/network/tcp-proxy.ts';
import { password, tokenAsker } from '../../support/dockpass/token-requests.ts';

// Real faults of a PostgreSQL database. Anonymous pulls continue during all of them.

interface Asking {
  readonly anonymous: () => Promise<number>;
  /** Logs in, and checks that a 503 has a Retry-After header. @returns the status */
  readonly login: (user?: string) => Promise<number>;
}

function asking(server: DockpassServer): Asking {
  const ask = tokenAsker(server.port);
  return {
    anonymous: async () => (await ask()).status,
    login: async (user = 'alice') => {
      const { status, retryAfter } = await ask({ user });
      if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
      return status;
    },
  };
}

const untilLoggedIn = (login: Asking['login'], user?: string): Promise<true> =>
  until(`${user ?? 'alice'} to log in`, {}, async () => ((await login(user)) === 200 ? true : undefined));
const untilUnavailable = (login: Asking['login']): Promise<true> =>
  until('logins to be answered with 503', {}, async () => ((await login()) === 503 ? true : undefined));

needs('postgres')('dockpass with a database that', () => {
  test('is blocked and has no free connection: answers logins with 503 until the database responds again', async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const database = await cluster.newDatabase();
    const [server] = (await startServerGroup(1, database)).servers as [DockpassServer];
    await server.addUser('alice', password);
    const { anonymous, login } = asking(server);
    const holder = new pg.Client(database);
    await holder.connect();
    await holder.query('begin; lock table users in access exclusive mode');
    // These are more logins than connections: some wait for the locked table, the others for a connection.
    const logins = Array.from({ length: 20 }, (_, at) => login(`user-${at}`));
    expect(await anonymous()).toBe(200);
    const name = new URL(database).pathname.slice(1);
    const [{ open } = {}] = await askPostgres(
      cluster,
      `select count(*)::int as open from pg_stat_activity where datname = '${name}' and application_name like 'dockpass %'`,
    );
    expect(open).toBeLessThanOrEqual(9);
    expect(new Set(await Promise.all(logins))).toEqual(new Set([503]));
    await holder.query('commit');
    await holder.end();
    await untilLoggedIn(login);
  });

  test('is killed and replaced by a standby: loses no confirmed change', async () => {
    const primary = await startPostgres();
    const standby = await startStandby(primary);
    // Each commit waits for the standby, as docs/replicas.md recommends.
    await askPostgres(primary, "alter system set synchronous_standby_names = 'ANY 1 (*)'");
    await askPostgres(primary, 'select pg_reload_conf()');
    // The URL names the standby first. dockpass uses the server that accepts writes.
    const database = (await primary.newDatabase()).replace('@', `@127.0.0.1:${standby.port},`);
    const [server] = (await startServerGroup(1, database)).servers as [DockpassServer];
    await server.addUser('alice', password);
    const { anonymous, login } = asking(server);
    expect(await login()).toBe(200);
    const operator = await openStore(database);
    afterwards(() => operator.close());
    const change = (name: string): Promise<boolean> =>
      operator.change({ at: Date.now(), subject: '', what: `group ${name} added` }, ({ groups }) =>
        groups.add(name, 1),
      );
    const confirmed: string[] = [];
    const changing = (async () => {
      for (let at = 0; ; at++) {
        if (await change(`group-${at}`)) confirmed.push(`group-${at}`);
      }
    })().catch(() => undefined);
    await until('some changes', {}, async () => (confirmed.length >= 20 ? true : undefined));
    // Request anonymous tokens without a pause until the database has recovered.
    let isOver = false;
    const pulls: number[] = [];
    const pulling = (async () => {
      while (!isOver) pulls.push(await anonymous());
    })();
    await primary.kill();
    await changing;
    await askPostgres(standby, 'select pg_promote()');
    // There is no other standby now, so commits must not wait for one.
    await askPostgres(standby, "alter system set synchronous_standby_names = ''");
    await askPostgres(standby, 'select pg_reload_conf()');
    await until('a change to be written', {}, () => change('afterwards'));
    await untilLoggedIn(login);
    isOver = true;
    await pulling;
    expect([pulls.length > 20, new Set(pulls)]).toEqual([true, new Set([200])]);
    await operator.users.update('alice', { disabled: true, changedAt: 1 });
    await until('alice to be rejected', {}, async () => ((await login()) === 401 ? true : undefined));
    const groups = (await operator.groups.list()).map(({ name }) => name);
    expect(groups).toEqual(expect.arrayContaining([...confirmed, 'afterwards']));
    expect(await operator.auditLog.verify()).toBeUndefined();
  });

  test('refuses connections: uses cached logins for databaseStaleness, then answers 503; with 0s it uses none', async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const database = await cluster.newDatabase();
    const staleAfter = async (databaseStaleness: string): Promise<DockpassServer> => {
      const secret = 'a secret of more than thirty-two characters';
      const { servers } = await startServerGroup(1, database, { databaseStaleness }, secret);
      return servers[0] as DockpassServer;
    };
    const short = await staleAfter('2s');
    const never = await staleAfter('0s');
    await short.addUser('alice', password);
    const { anonymous, login } = asking(short);
    expect([await login(), await asking(never).login()]).toEqual([200, 200]);
    await cluster.stop();
    expect([await login(), await anonymous()]).toEqual([200, 200]);
    expect([await asking(never).login(), await asking(never).anonymous()]).toEqual([503, 200]);
    await untilUnavailable(login);
    expect(await anonymous()).toBe(200);
    await cluster.restart();
    await untilLoggedIn(login);
  });

  test('does not deliver notifications (a pooler): reads the database at each login and sees each change', async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const database = await cluster.newDatabase();
    const proxy = await startTcpProxy(cluster.port, removeNotifications());
    const through = database.replace(`:${cluster.port}/`, `:${proxy.port}/`);
    const [server] = (await startServerGroup(1, through)).servers as [DockpassServer];
    await server.addUser('alice', password);
    const { login } = asking(server);
    const operator = await openStore(database);
    afterwards(() => operator.close());
    expect(await login()).toBe(200);
    await operator.users.update('alice', { disabled: true, changedAt: 1 });
    expect(await login()).toBe(401);
    await operator.users.update('alice', { disabled: false, changedAt: 2 });
    expect(await login()).toBe(200);
    expect(server.process.output()).toContain(
      'PostgreSQL does not deliver notifications of changes. Connect dockpass to PostgreSQL directly',
    );
  });
});

/** Removes NotificationResponse messages ('A') from the data that PostgreSQL sends (PostgreSQL, message formats). */
function removeNotifications(): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const passedOn: Buffer[] = [];
    while (rest.length >= 5) {
      const length = 1 + rest.readUInt32BE(1);
      if (rest.length < length) break;
      if (rest[0] !== 0x41) passedOn.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return Buffer.concat(passedOn);
  };
}
