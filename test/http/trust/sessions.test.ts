import type { Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessIn, privateHost, publicHost, refusalIn } from '../../support/dockpass/issuer.ts';
import { listSessions, revokeAllSessions, revokeSessionsOf } from '../../../src/admin/sessions.ts';
import { administrator, apiClient, password } from '../../support/api/client.ts';
import { startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { needs } from '../../support/run/parts.ts';
import {
  jobClaims,
  pushTo,
  ruleOf,
  startFederatedServer,
  type FederatedServer,
} from '../../support/trust/federated-server.ts';

const query = pushTo('acme/app/web');

/** Returns the actions that an answer grants, or the error code. */
function outcomeOf(answer: Response): string {
  return (
    refusalIn(answer) ??
    accessIn(answer)
      .flatMap(({ actions }) => actions)
      .join(',')
  );
}

/** Begins a session with a server of its own. */
async function begin(
  rules?: Parameters<typeof startFederatedServer>[0],
  settings?: Parameters<typeof startFederatedServer>[1],
): Promise<{ federated: FederatedServer; token: string; use: () => Promise<string> }> {
  const federated = await startFederatedServer(rules, settings);
  const token = await federated.beginSession(await federated.ci.sign(jobClaims));
  return { federated, token, use: async () => outcomeOf(await federated.resume(token, { query })) };
}

function sessionsBehaviour(settingsFor: () => Promise<Readonly<Record<string, unknown>>>): void {
  test('a job pushes with its refresh token after its JWT has expired, until the session ends (86)', async () => {
    const { federated, token, use } = await begin(undefined, await settingsFor());
    expect(token).toMatch(/^dpi_[0-9A-Za-z]+$/);
    expect(token.length).toBeLessThan(200);
    federated.server.clock.advance(3599);
    expect(await use()).toBe('pull,push');
    await expect
      .poll(() => federated.recorded('issued', 'client'))
      .toEqual([expect.stringContaining('; job: ') as string, expect.stringContaining('; job: ') as string]);
    expect(new Set(await federated.recorded('issued', 'subject'))).toEqual(new Set(['ci:acme-app']));
    federated.server.clock.advance(1);
    expect(await use()).toBe('invalid_grant');
  });

  test('a reload that forbids sessions changes nothing before the restart that it asks for', async () => {
    const { federated, token, use } = await begin(undefined, await settingsFor());
    await federated.useRules([ruleOf(federated.ci)], { tokens: { refresh: { enabled: false } } });
    expect(federated.server.logged.join('\n')).toMatch(
      /restart required to apply: .*tokens\.refresh\.enabled/,
    );
    expect(await use()).toBe('pull,push');
    expect(await federated.beginSession(await federated.ci.sign(jobClaims))).not.toBe(token);
  });

  test('a session goes on after a restart, and ends if it is revoked', async () => {
    const { federated, token, use } = await begin(undefined, await settingsFor());
    await federated.restart();
    expect(await use()).toBe('pull,push');
    const revoke = await fetch(`${federated.server.url}/auth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
    });
    expect(revoke.status).toBe(200);
    expect(await use()).toBe('invalid_grant');
    const revoked = /^session [0-9a-f]{12} of ci:acme-app revoked by the client/;
    expect(await federated.recorded('changed', 'reason')).toContainEqual(
      expect.stringMatching(revoked) as string,
    );
  });
}

describe('a session in SQLite:', () => sessionsBehaviour(async () => ({})));

needs('postgres')('a session in PostgreSQL:', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  });
  sessionsBehaviour(async () => ({ database: await cluster.newDatabase() }));
});

describe('a session of a job', () => {
  test('ends when its rule is removed, and stays ended without rules', async () => {
    const { federated, use } = await begin();
    await federated.useRules([ruleOf(federated.ci, { name: 'other' })]);
    expect(await use()).toBe('invalid_grant');
    await expect
      .poll(() => federated.recorded('refused', 'reason'))
      .toContainEqual(expect.stringContaining('the trust rule other matches the claims') as string);
    await federated.useRules([]);
    expect(await use()).toBe('invalid_grant');
  });

  test('ends when its rule no longer matches the job, or an earlier rule matches first', async () => {
    const { federated, use } = await begin();
    await federated.useRules([
      ruleOf(federated.ci, { when: { repository_id: '42', ref: ['refs/heads/release'] } }),
    ]);
    expect(await use()).toBe('invalid_grant');
    const hiding = ruleOf(federated.ci, { name: 'first', when: { repository_id: '42' } });
    await federated.useRules([hiding, ruleOf(federated.ci)]);
    expect(await use()).toBe('invalid_grant');
  });

  test('ends when its rule has other keys or another audience', async () => {
    const { federated, use } = await begin();
    await federated.useRules([ruleOf(federated.ci, { audience: ['elsewhere.example.com'] })]);
    expect(await use()).toBe('invalid_grant');
    await federated.useRules([ruleOf(federated.ci, { jwks: federated.ci.jwksUrl })]);
    expect(await use()).toBe('invalid_grant');
    await federated.useRules([ruleOf(federated.ci)]);
    expect(await use()).toBe('pull,push');
  });

  test('is narrowed and shortened at once with its rule', async () => {
    const { federated, use } = await begin();
    await federated.useRules([ruleOf(federated.ci, { only: ['acme/app/**:pull'] })]);
    expect(await use()).toBe('pull');
    await federated.useRules([ruleOf(federated.ci, { only: ['acme/other/**:pull'] })]);
    expect(await use()).toBe('');
    await federated.useRules([ruleOf(federated.ci, { session: '10m' })]);
    federated.server.clock.advance(599);
    expect(await use()).toBe('pull,push');
    federated.server.clock.advance(1);
    expect(await use()).toBe('invalid_grant');
  });

  test('is valid only at the host at which it began', async () => {
    const { federated, token, use } = await begin();
    for (const host of ['other.example.com', publicHost, `${privateHost}:8443`])
      expect(outcomeOf(await federated.resume(token, { host, query })), host).toBe('invalid_grant');
    expect(await use()).toBe('pull,push');
  });

  test('is valid only for the service for which it began', async () => {
    const { federated, use } = await begin(undefined, { service: 'registry' });
    expect(await use()).toBe('pull,push');
    const other = await federated.server.post(
      privateHost,
      `grant_type=refresh_token&refresh_token=x&service=other`,
    );
    expect(other.status).toBe(400);
  });

  test('lasts as long as its rule says, and 0s means none', async () => {
    const { federated, use } = await begin((ci) => [ruleOf(ci, { session: '6h' })]);
    federated.server.clock.advance(6 * 3600 - 1);
    expect(await use()).toBe('pull,push');
    await federated.useRules([ruleOf(federated.ci, { session: '0s' })]);
    expect(await use()).toBe('invalid_grant');
    const answer = await federated.login(await federated.ci.sign(jobClaims), { query: 'offline_token=true' });
    expect([answer.status, Object.keys(answer.body as object)]).toEqual([
      200,
      expect.not.arrayContaining(['refresh_token']),
    ]);
  });

  test('is there only if the client requests it, also by POST', async () => {
    const federated = await startFederatedServer();
    const jwt = await federated.ci.sign(jobClaims);
    expect((await federated.login(jwt)).body).not.toHaveProperty('refresh_token');
    const form = `grant_type=password&username=ci&password=${jwt}&service=registry&access_type=offline`;
    const { body } = await federated.server.post(privateHost, form);
    const { refresh_token: token = '' } = body as { refresh_token?: string };
    const resumed = await federated.resume(token, { query });
    expect(outcomeOf(resumed)).toBe('pull,push');
    // A session cannot begin another one.
    const again = await federated.resume(token, { query: 'access_type=offline' });
    expect([again.status, (again.body as { refresh_token?: string }).refresh_token]).toEqual([
      200,
      undefined,
    ]);
  });

  test('is not available if refresh tokens are turned off', async () => {
    const { federated, use } = await begin();
    expect(await use()).toBe('pull,push');
    const off = await startFederatedServer(undefined, { tokens: { refresh: { enabled: false } } });
    const jwt = await off.ci.sign(jobClaims);
    expect((await off.login(jwt, { query: 'offline_token=true' })).body).not.toHaveProperty('refresh_token');
    const text = await federated.beginSession(await federated.ci.sign(jobClaims));
    expect(outcomeOf(await off.resume(text))).toBe('invalid_grant');
  });

  test('of GitLab never lasts longer than its JWT, which is valid until the timeout of the job', async () => {
    const federated = await startFederatedServer(
      ({ jwksUrl }) => [
        {
          ...{ name: 'gitlab-app', issuer: 'gitlab', jwks: jwksUrl, audience: [privateHost] },
          ...{ when: { project_id: '7', ref_protected: 'true' }, only: ['acme/app/**:push'], session: '6h' },
        },
      ],
      {},
      { issuer: 'https://gitlab.com', algorithm: 'RS256' },
    );
    const { ci, server } = federated;
    const job = {
      project_id: '7',
      project_path: 'acme/app',
      ref: 'main',
      ref_protected: 'true',
      job_id: '9',
    };
    const exp = Math.floor(server.clock() / 1000) + 1800;
    const token = await federated.beginSession(await ci.sign({ ...job, exp }));
    server.clock.advance(1799);
    expect(outcomeOf(await federated.resume(token, { query }))).toBe('push');
    server.clock.advance(1);
    expect(outcomeOf(await federated.resume(token, { query }))).toBe('invalid_grant');
    // Within the leeway of a minute the JWT is still accepted, but begins no session.
    const late = await federated.login(await ci.sign({ ...job, exp }), { query: 'offline_token=true' });
    expect([late.status, late.body]).toEqual([
      200,
      expect.not.objectContaining({ refresh_token: expect.anything() as string }),
    ]);
    await expect
      .poll(() => federated.recorded('issued', 'client'))
      .toContainEqual(expect.stringMatching(/; job: project_path acme\/app, ref main, job_id 9$/) as string);
  });

  test('is removed from the database when it has expired', async () => {
    const { federated } = await begin();
    const { sessions } = federated.server.server.store;
    const everything = {
      refreshToken: { createdAt: 0, lastUsedAt: 0, expiresAt: 0 },
      console: { createdAt: 0, lastUsedAt: 0 },
      federated: { expiresAt: 0 },
    };
    federated.server.clock.advance(2 * 3600);
    await federated.beginSession(await federated.ci.sign(jobClaims));
    await expect.poll(async () => sessions.page({ limit: 9 }, everything)).toHaveLength(1);
  });
});

describe('administrators', () => {
  test('list and end the sessions of jobs as ci:NAME', async () => {
    const { federated, use } = await begin();
    const { server } = federated;
    await server.addUser(administrator, password, 'admin');
    await server.addUser('alice', password);
    const request = apiClient(server);
    const listed = async (user?: string) =>
      (
        (await request('get', `/sessions${user === undefined ? '' : `?user=${user}`}`)).body as {
          items: { id: string; user: string; expires: string }[];
        }
      ).items;
    const [session] = await listed('ci:acme-app');
    expect(session).toMatchObject({
      user: 'ci:acme-app',
      host: privateHost,
      expires: '2026-03-01T13:00:00Z',
    });
    expect((await listed()).map(({ user }) => user)).toEqual(['ci:acme-app']);
    expect(await listed('ci:none')).toEqual([]);
    const ofAlice = await apiClient(server, 'alice')('get', `/sessions/${session?.id}`);
    expect(ofAlice.status).toBe(404);
    expect(await use()).toBe('pull,push');
    expect((await request('delete', `/sessions/${session?.id}`)).status).toBe(204);
    expect(await use()).toBe('invalid_grant');
  });

  test('end all sessions of a rule, or of everyone', async () => {
    const { federated, use } = await begin();
    const { store } = federated.server.server;
    const { clock } = federated.server;
    expect(await listSessions(store, clock, { idle: 1, absolute: 1 }, 'CI:acme-app')).toHaveLength(1);
    expect(await revokeSessionsOf(store, clock, 'ci:other')).toBe(0);
    expect(await use()).toBe('pull,push');
    expect(await revokeSessionsOf(store, clock, 'ci:acme-app')).toBe(1);
    expect(await use()).toBe('invalid_grant');
    const another = await federated.beginSession(await federated.ci.sign(jobClaims));
    expect(await revokeAllSessions(store, clock)).toBe(1);
    expect(outcomeOf(await federated.resume(another))).toBe('invalid_grant');
  });
});
