import { beforeAll, describe, expect, test } from 'vitest';
import { privateHost, publicHost, refusalIn, startIssuer, type TestIssuer } from '../support/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password);
  await issuer.addUser('frozen', password);
  await issuer.server.store.users.update('frozen', { disabled: true, changedAt: 0 });
});

describe('attack matrix, identity', () => {
  test('46: Admin and admin are one', async () => {
    expect((await issuer.get(privateHost).auth('ALICE', password)).status).toBe(200);
  });

  test.each([
    "' OR 1=1--",
    "alice'--",
    'alice" --',
    '*',
    '%',
    'alic_',
    '../alice',
    'alıce',
    'alice ',
    ' alice',
  ])('47, 48: the name %j is looked up literally', async (name) => {
    const answer = await issuer.get(privateHost).auth(name, password);
    expect([answer.status, refusalIn(answer)]).toEqual([401, 'wrong_credentials']);
  });

  test.each([publicHost, privateHost])(
    '49: unknown, wrong and disabled get the same bytes at %s',
    async (host) => {
      const answers = await Promise.all([
        issuer.get(host).auth('nobody-here', password),
        issuer.get(host).auth('alice', 'wrong horse battery'),
        issuer.get(host).auth('frozen', password),
        issuer.get(host).auth('frozen', 'wrong horse battery'),
      ]);
      const shown = answers.map(({ status, headers, text }) => {
        const { date: _date, ...others } = headers as Record<string, string>;
        return { status, headers: others, text };
      });
      expect(shown[0]).toMatchObject({ status: 401 });
      expect(new Set(shown.map((answer) => JSON.stringify(answer))).size).toBe(1);
    },
  );

  test('wrong credentials are refused under the public domain too', async () => {
    const answer = await issuer
      .get(publicHost, 'scope=repository:a:pull')
      .auth('alice', 'wrong horse battery');
    expect(answer.status).toBe(401);
    expect(answer.body).not.toHaveProperty('token');
  });
});
