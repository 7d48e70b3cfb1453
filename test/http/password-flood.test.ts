import type { Response } from 'supertest';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';

// This test uses real hashes. test/unit/identity/login-chain.test.ts tests that at most two hashes run at once, and
// that exactly 32 of one network wait.

test('checks at least 34 of a flood from one network, answers the others with 503, and still serves all others', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
  await issuer.addUser('bob', 'another horse battery');
  const token = await issuer.addAccessToken('alice');
  let firstBusy: (answer: Response) => void = () => undefined;
  const isFull = new Promise<Response>((resolve) => (firstBusy = resolve));
  const flood = Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      const answer = await issuer
        .get(privateHost)
        .set('X-Forwarded-For', `2001:db8:1:${(at * 200).toString(16)}::1`)
        .auth(`guess${at}`, `wrong horse battery ${at}`);
      if (answer.status === 503) firstBusy(answer);
      return answer;
    }),
  );
  await isFull;
  // Another network does not wait behind the flood: its first login is checked.
  const stranger = issuer.get(privateHost).set('X-Forwarded-For', '203.0.113.5');
  expect((await stranger.auth('bob', 'another horse battery')).status).toBe(200);
  for (let at = 0; at < 20; at++)
    expect((await issuer.get(privateHost).auth('alice', token)).status).toBe(200);

  const answers = await flood;
  const checked = answers.filter(({ status }) => status === 401);
  const busy = answers.filter(({ status }) => status === 503);
  expect(checked.length + busy.length).toBe(300);
  expect(checked.length).toBeGreaterThanOrEqual(34);
  for (const answer of busy)
    expect([refusalIn(answer), answer.headers['retry-after']]).toEqual(['busy', '2']);
  expect(issuer.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  // After the flood, a login is checked as usual.
  expect((await issuer.get(privateHost).auth('alice', 'correct horse battery')).status).toBe(200);
});
