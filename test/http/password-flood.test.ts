import type { Response } from 'supertest';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';

// This test uses real hashes. test/unit/identity/login-chain.test.ts tests that at most two hashes run at once, and
// that exactly 32 wait.

test('checks at least 34 of a flood of wrong passwords, answers the others with 503, and still issues tokens', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', 'correct horse battery');
  const token = await issuer.addAccessToken('alice');
  let firstBusy: (answer: Response) => void = () => undefined;
  const isFull = new Promise<Response>((resolve) => (firstBusy = resolve));
  const flood = Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      const answer = await issuer
        .get(privateHost)
        .set('X-Forwarded-For', `198.51.${Math.floor(at / 250)}.${at % 250}`)
        .auth(`guess${at}`, `wrong horse battery ${at}`);
      if (answer.status === 503) firstBusy(answer);
      return answer;
    }),
  );
  await isFull;
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
