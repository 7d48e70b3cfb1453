import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessIn, privateHost, publicHost } from '../../support/dockpass/issuer.ts';
import {
  jobClaims,
  startFederatedServer,
  type FederatedServer,
} from '../../support/trust/federated-server.ts';

const tokenType = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;

describe('the token exchange (RFC 8693)', () => {
  let federated: FederatedServer;
  let jwt: string;
  beforeAll(async () => {
    federated = await startFederatedServer(undefined, { publicRepositories: ['acme/**'] });
    jwt = await federated.ci.sign(jobClaims);
  });

  /** Sends a form. A parameter with the value undefined is left out. */
  const exchange = (change: Readonly<Record<string, string | undefined>> = {}, host = privateHost) => {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: jwt,
      subject_token_type: tokenType('jwt'),
      scope: 'repository:acme/app/web:pull,push repository:other:pull',
      ...change,
    };
    const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return federated.server.post(host, new URLSearchParams(given).toString());
  };

  test.each(['jwt', 'id_token'])('accepts a JWT as %s', async (name) => {
    const answer = await exchange({ subject_token_type: tokenType(name), service: 'registry' });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      issued_token_type: tokenType('access_token'),
      token_type: 'Bearer',
      scope: 'repository:acme/app/web:pull,push',
      expires_in: expect.any(Number) as number,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const { access_token: token = '' } = answer.body as { access_token?: string };
    expect(decodeJwt(token).sub).toBe('ci:acme-app');
    expect(accessIn(answer)).toMatchObject([{ name: 'acme/app/web', actions: ['pull', 'push'] }]);
    expect(answer.body).not.toHaveProperty('refresh_token');
  });

  test.each([{ offline_token: 'true' }, { access_type: 'offline' }])(
    'gives a refresh token with %j',
    async (parameter) => {
      const { body } = await exchange(parameter);
      const { refresh_token: token = '' } = body as { refresh_token?: string };
      expect((await federated.resume(token)).status).toBe(200);
    },
  );

  test('gives only pull under a public domain', async () => {
    const answer = await exchange({}, publicHost);
    expect(accessIn(answer)).toMatchObject([{ name: 'acme/app/web', actions: ['pull'] }]);
  });

  test.each<[string, Record<string, string | undefined>, string]>([
    ['another type of token', { subject_token_type: tokenType('saml2') }, 'invalid_request'],
    ['an access token', { subject_token_type: tokenType('access_token') }, 'invalid_request'],
    ['no type', { subject_token_type: undefined }, 'invalid_request'],
    ['no token', { subject_token: undefined }, 'invalid_request'],
    ['a password as the token', { subject_token: 'correct horse battery' }, 'invalid_request'],
    ['a JWT that is cut', { subject_token: 'eyJhbGciOiJFUzI1NiJ9.e30.x' }, 'invalid_request'],
    ['an actor', { actor_token: 'x', actor_token_type: tokenType('jwt') }, 'invalid_request'],
    ['the type of an actor alone', { actor_token_type: tokenType('jwt') }, 'invalid_request'],
    [
      'a request for a refresh token',
      { requested_token_type: tokenType('refresh_token') },
      'invalid_request',
    ],
    ['another audience', { audience: 'other.example.com' }, 'invalid_target'],
    ['another resource', { resource: 'https://other.example.com/' }, 'invalid_target'],
    ['another service', { service: 'other' }, 'invalid_request'],
    ['a broken scope', { scope: '!!repository:a:pull' }, 'invalid_scope'],
  ])('rejects %s', async (_, change, error) => {
    const answer = await exchange(change);
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([400, error]);
    expect(answer.text).not.toContain(jwt);
  });

  test.each([
    { audience: privateHost },
    { resource: `https://${privateHost}/` },
    { audience: 'registry', service: 'registry' },
    { requested_token_type: tokenType('access_token') },
  ])('accepts %j, which names this registry', async (change) => {
    expect((await exchange(change)).status).toBe(200);
  });

  test('rejects a JWT that no rule accepts, without saying why', async () => {
    const answer = await exchange({ subject_token: await federated.ci.sign({ ...jobClaims, ref: 'x' }) });
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([400, 'invalid_request']);
    expect(answer.text).not.toMatch(/claim|main/);
    await expect
      .poll(() => federated.recorded('refused', 'reason'))
      .toContain(
        'invalid_subject_token: no rule matches: acme-app: the claim ref is "x", but must be "refs/heads/main"',
      );
  });
});
