import { beforeAll, describe, expect, it } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { startPostgres } from '../support/database/postgres.ts';
import { basic } from '../support/network/raw-http.ts';
import { logsStatements, watchStatements, type Statements } from '../support/database/statements.ts';

// How often a real PostgreSQL is asked: its own log of all statements is read.

const password = 'correct horse battery staple';

needs('postgres')('the database is asked', () => {
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
  const accessWith = async (name: string, secret: string): Promise<void> => {
    expect(await login(name, secret)).toContain('"web/a"');
  };

  it('never for an anonymous token', async () => {
    const asked = await statements.during(async () => {
      for (let times = 0; times < 20; times++) expect((await ask('127.0.0.1')).status).toBe(200);
    });
    expect(asked).toEqual([]);
  });

  describe('once at most for a first login, and never for the next', () => {
    it.each([
      ['with a password, groups and grants', () => accessWith('alice', password)],
      ['with an access token: it, its owner, groups and grants', () => accessWith('bob', token)],
      ['with a robot’s secret', () => accessWith('deployer', robot)],
    ])('%s', async (_how, first) => {
      expect(await statements.during(first)).toHaveLength(1);
      expect(await statements.during(first)).toEqual([]);
    });

    it('with a refresh token: it, its user, groups and grants', async () => {
      const given = await ask('localhost', basic('carol', password), '&offline_token=true');
      const { refresh_token: refreshToken = '' } = (await given.json()) as { refresh_token?: string };
      // Whatever is kept in memory is read again after a change.
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

  it('once for a wrong password of any user', async () => {
    for (const name of ['carol', 'nobody'])
      expect(
        await statements.during(async () =>
          expect((await ask('localhost', basic(name, 'wrong'))).status).toBe(401),
        ),
      ).toHaveLength(1);
  });

  it('is asked again after a change, once', async () => {
    await accessWith('alice', password);
    await server.must(['user', 'enable', 'dora']);
    expect(await statements.during(() => accessWith('alice', password))).toHaveLength(1);
  });
});
