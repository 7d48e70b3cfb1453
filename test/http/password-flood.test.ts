import type { Response } from 'supertest';
import { expect, test } from 'vitest';
import { privateHost, refusalIn, startIssuer } from '../support/dockpass/issuer.ts';

// With real hashes; that never more than two run at once, and exactly 32 wait, is in test/unit/identity/login-chain.

test('checks 34 of a flood of wrong passwords, answers the others with 503, and still issues tokens', async () => {
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
  const looked = answers.filter(({ status }) => status === 401);
  const busy = answers.filter(({ status }) => status === 503);
  expect(looked.length + busy.length).toBe(300);
  expect(looked.length).toBeGreaterThanOrEqual(34);
  for (const answer of busy)
    expect([refusalIn(answer), answer.headers['retry-after']]).toEqual(['busy', '2']);
  expect(issuer.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  // Nothing is left of it: who comes back is looked at.
  expect((await issuer.get(privateHost).auth('alice', 'correct horse battery')).status).toBe(200);
});
