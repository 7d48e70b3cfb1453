import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { DockpassServer } from '../../support/dockpass/dockpass.ts';
import { startServerGroup } from '../../support/dockpass/server-group.ts';
import { password, tokenAsker } from '../../support/dockpass/token-requests.ts';
import { askPostgres, startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { until } from '../../support/process/ready.ts';
import { needs } from '../../support/run/parts.ts';

// A role without any right, except that it may connect to the database, sends messages to all servers and reads theirs.

const channel = 'dockpass_announcements';

needs('postgres')('a role that may only connect to the database', () => {
  let cluster: PostgresCluster;
  let servers: DockpassServer[];
  let attacker: pg.Client;
  /** The messages that the role has received. */
  const heard: string[] = [];
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
    const database = await cluster.newDatabase();
    servers = (await startServerGroup(2, database)).servers;
    await askPostgres(cluster, 'create role attacker login');
    await askPostgres(
      cluster,
      `grant connect on database ${new URL(database).pathname.slice(1)} to attacker`,
    );
    attacker = new pg.Client(database.replace('postgres@', 'attacker@'));
    await attacker.connect();
    attacker.on('notification', ({ channel: from, payload = '' }) => {
      if (from === channel) heard.push(payload);
    });
    await attacker.query(`listen ${channel}`);
    for (const name of ['alice', 'bob', 'carol', 'dora']) await servers[0]?.addUser(name, password);
    return () => attacker.end();
  });

  const send = (payload: string, to = channel): Promise<unknown> =>
    attacker.query('select pg_notify($1, $2)', [to, payload]);
  const login = async (at: number, user: string, given = password): Promise<number> =>
    (await tokenAsker(servers[at]?.port ?? 0)({ user, password: given })).status;
  /** Fails a login at the first server, and waits until the servers have told each other. */
  const fail = async (user: string, given: string): Promise<number> => {
    const before = heard.length;
    const status = await login(0, user, given);
    // Without a message of dockpass, this does not end.
    if (status === 401)
      await until('a message between the servers', {}, async () =>
        heard.length > before ? true : undefined,
      );
    return status;
  };
  const expectRunning = async (): Promise<void> => {
    for (const at of [0, 1]) expect(await login(at, 'alice')).toBe(200);
    for (const { process } of servers) expect(process.output()).not.toMatch(/TypeError|uncaught/i);
  };

  test('cannot end a server', async () => {
    const attempt = { addressPrefix: '127.0.0.1', account: 'alice', fingerprint: 'x', isKnownAddress: false };
    const id = '00000000-0000-4000-8000-000000000000';
    const payloads = [
      '{"event":"begin"}',
      '{"what":"begin"}',
      '{"event":"end","attempt":null}',
      '{"event":"known addresses","addresses":5}',
      '{"event":"known addresses","addresses":[null]}',
      'null',
      '[]',
      '"',
      'v2.',
      `v2.${'A'.repeat(7900)}`,
      JSON.stringify({ event: 'begin', id, attempt: { ...attempt, account: {} } }),
      JSON.stringify({ event: 'end', id, attempt, outcome: '__proto__' }),
    ];
    for (const payload of payloads) {
      await send(payload);
      await send(payload, 'dockpass_changes');
    }
    await expectRunning();
    for (const { process } of servers)
      expect(process.output().match(/ignored a message that came through the database/g)).toHaveLength(1);
  });

  test('cannot lock a user out', async () => {
    for (let at = 0; at < 40; at++) {
      const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
      const attempt = {
        ...{ addressPrefix: '127.0.0.1', account: 'bob', fingerprint: `guess ${at}` },
        ...{ unlockedAt: -1, isKnownAddress: false },
      };
      await send(JSON.stringify({ event: 'begin', id, attempt }));
      await send(JSON.stringify({ event: 'end', id, attempt, outcome: 'wrong' }));
    }
    for (const at of [0, 1]) expect(await login(at, 'bob')).toBe(200);
  });

  test('learns nothing about logins, and cannot repeat or change messages of a server', async () => {
    const from = heard.length;
    for (let at = 0; at < 3; at++) expect(await fail('carol', `guess ${at}`)).toBe(401);
    const messages = heard.slice(from);
    for (const message of messages) {
      const bytes = Buffer.from(message.replace(/^v\d\./, ''), 'base64url').toString('latin1');
      expect(message + bytes).not.toMatch(/carol|127\.0\.0\.1|wrong|begin/);
      for (let times = 0; times < 20; times++) await send(message);
      for (let at = 0; at < message.length; at += 17)
        await send(`${message.slice(0, at)}${message[at] === 'A' ? 'B' : 'A'}${message.slice(at + 1)}`);
    }
    for (const at of [0, 1]) expect(await login(at, 'carol')).toBe(200);
  });

  test('cannot lift the rate limit, which holds for all servers', async () => {
    await until('dora to be limited', {}, async () =>
      (await fail('dora', `guess ${heard.length}`)) === 429 ? true : undefined,
    );
    const attempt = {
      ...{ addressPrefix: '127.0.0.1', account: 'dora', fingerprint: 'x' },
      ...{ unlockedAt: 9_999_999_999, isKnownAddress: true },
    };
    const id = '00000000-0000-4000-8000-000000000000';
    await send(JSON.stringify({ event: 'end', id, attempt, outcome: 'right' }));
    await send(JSON.stringify({ event: 'known addresses', addresses: [['127.0.0.1', 'dora']] }));
    for (const at of [0, 1]) expect(await login(at, 'dora')).toBe(429);
    // An administrator can. Both servers read that from the row of the user.
    await servers[0]?.must(['user', 'unlock', 'dora']);
    for (const at of [0, 1])
      await until('dora to log in', {}, async () => ((await login(at, 'dora')) === 200 ? true : undefined));
  });

  // test/unit/store/postgres/notice-limit.test.ts tests the rate at which servers read the database again.
  test('cannot hide a change with a flood of false notices', async () => {
    await attacker.query(
      "select pg_notify('dockpass_changes', 'false notice ' || number) from generate_series(1, 20000) as number",
    );
    await expectRunning();
    await servers[0]?.must(['user', 'disable', 'alice']);
    await until('the other server to reject alice', {}, async () =>
      (await login(1, 'alice')) === 401 ? true : undefined,
    );
  });
});
