import { beforeAll, describe, expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { basic } from '../../support/network/raw-http.ts';
import { logsStatements, watchStatements, type Statements } from '../../support/database/statements.ts';

// Counts the queries that a real PostgreSQL receives. The counts come from its own log of all statements.

const password = 'correct horse battery staple';

needs('postgres')('the database is queried', () => {
  let server: DockpassServer;
  let statements: Statements;
  let token: string;
  let robot: string;
  beforeAll(async () => {
    const cluster = await startPostgres(logsStatements);
    const database = await cluster.newDatabase();
    server = await startServe({ config: { publicDomains: ['127.0.0.1'], database } });
    for (const name of ['alice', 'bob', 'carol', 'dora']) await server.addUser(name, password);
    await server.must(['group', 'add', 'web']);
    await server.must(['group', 'join', 'web', 'alice']);
    await server.must(['grant', 'add', 'alice', 'home/**', 'pull,push']);
    await server.must(['grant', 'add', 'group:web', 'web/**', 'pull,push']);
    token = (await server.must(['token', 'create', 'ci', '--user', 'bob'])).stdout.trim();
    robot = (await server.must(['robot', 'create', 'deployer', '--only', 'web/**:pull'])).stdout.trim();
    statements = await watchStatements(cluster, database);
  });

  const ask = async (host: string, authorization?: string, more = ''): Promise<Response> => {
    const url = `http://${host}:${server.port}/auth/token?service=registry&scope=repository:web/a:pull,push${more}`;
    return fetch(url, authorization === undefined ? {} : { headers: { authorization } });
  };
  const login = async (name: string, secret: string): Promise<string> => {
    const answer = await ask('localhost', basic(name, secret));
    const { access_token: jwt = '' } = (await answer.json()) as { access_token?: string };
    return Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
  };
  const expectAccess = async (name: string, secret: string): Promise<void> => {
    expect(await login(name, secret)).toContain('"web/a"');
  };

  test('never for an anonymous token', async () => {
    const asked = await statements.during(async () => {
      for (let times = 0; times < 20; times++) expect((await ask('127.0.0.1')).status).toBe(200);
    });
    expect(asked).toEqual([]);
  });

  describe('once for a first login, and never for the next', () => {
    test.each([
      ['with a password, groups and grants', () => expectAccess('alice', password)],
      ['with an access token: the token, its owner, groups and grants', () => expectAccess('bob', token)],
      ['with a robot’s secret', () => expectAccess('deployer', robot)],
    ])('%s', async (_how, first) => {
      expect(await statements.during(first)).toHaveLength(1);
      expect(await statements.during(first)).toEqual([]);
    });

    test('with a refresh token: the token, its user, groups and grants', async () => {
      const given = await ask('localhost', basic('carol', password), '&offline_token=true');
      const { refresh_token: refreshToken = '' } = (await given.json()) as { refresh_token?: string };
      // A change invalidates the cache of the server, so the next login must read the database.
      await server.must(['user', 'disable', 'dora']);
      const resume = async (): Promise<void> => {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken, service: 'registry' };
        const url = `http://localhost:${server.port}/auth/token`;
        const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
        expect(answer.status).toBe(200);
      };
      expect(await statements.during(resume)).toHaveLength(1);
      expect(await statements.during(resume)).toEqual([]);
    });
  });

  test('once for a wrong password, whether the user exists or not', async () => {
    for (const name of ['carol', 'nobody'])
      expect(
        await statements.during(async () =>
          expect((await ask('localhost', basic(name, 'wrong'))).status).toBe(401),
        ),
      ).toHaveLength(1);
  });

  test('once more after a change', async () => {
    await expectAccess('alice', password);
    await server.must(['user', 'enable', 'dora']);
    expect(await statements.during(() => expectAccess('alice', password))).toHaveLength(1);
  });
});
