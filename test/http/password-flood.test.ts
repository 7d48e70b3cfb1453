import type { Response } from 'supertest';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';

// This test uses real hashes. test/unit/identity/login-chain.test.ts tests that at most two hashes run at once, how many
// wait, and that the others get 503.

test('checks at most 240 of a flood from one network, denies the others, and still serves all others', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
  await issuer.addUser('bob', 'another horse battery');
  const token = await issuer.addAccessToken('alice');
  let firstDenied: (answer: Response) => void = () => undefined;
  const isLimited = new Promise<Response>((resolve) => (firstDenied = resolve));
  const flood = Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      const answer = await issuer
        .get(privateHost)
        .set('X-Forwarded-For', `2001:db8:1:${(at * 200).toString(16)}::1`)
        .auth(`guess${at}`, `wrong horse battery ${at}`);
      if (answer.status !== 401) firstDenied(answer);
      return answer;
    }),
  );
  await isLimited;
  // Another network does not wait behind the flood: its first login is checked.
  const stranger = issuer.get(privateHost).set('X-Forwarded-For', '203.0.113.5');
  expect((await stranger.auth('bob', 'another horse battery')).status).toBe(200);
  for (let at = 0; at < 20; at++)
    expect((await issuer.get(privateHost).auth('alice', token)).status).toBe(200);

  const answers = await flood;
  const checked = answers.filter(({ status }) => status === 401);
  expect(checked.length).toBeGreaterThanOrEqual(34);
  expect(checked.length).toBeLessThanOrEqual(240);
  for (const answer of answers.filter(({ status }) => status !== 401))
    expect([
      ['too_many_attempts', '1'],
      ['busy', '2'],
    ]).toContainEqual([refusalIn(answer), answer.headers['retry-after']]);
  expect(issuer.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  // After the flood, a login is checked as usual.
  expect((await issuer.get(privateHost).auth('alice', 'correct horse battery')).status).toBe(200);
});

test.each(['40 addresses', 'one address'])(
  'a team of 40 that logs in at once from %s after a restart is served',
  async (from) => {
    const issuer = await startIssuer();
    const team = Array.from({ length: 40 }, (_, at) => `user${at}`);
    for (const name of team) await issuer.addUser(name, 'correct horse battery');
    const answers = await Promise.all(
      team.map((name, at) =>
        issuer
          .get(privateHost)
          .set('X-Forwarded-For', from === 'one address' ? '203.0.113.5' : `203.0.113.${at}`)
          .auth(name, 'correct horse battery'),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(team.map(() => 200));
  },
);
