import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { apiClient } from '../support/api/client.ts';
import { startUp } from '../support/dockpass/dockpass.ts';
import { part } from '../support/run/parts.ts';

const password = 'correct horse battery';

interface Report {
  readonly items: readonly unknown[];
  readonly checked: readonly string[];
  readonly skipped: string | null;
  readonly startedAt: string;
}

test('doctor in a running server pushes and pulls like a client, while tokens are issued', async () => {
  const programs = ['--registry', part('registry-3.1'), '--edge', part('caddy')];
  const up = await startUp({ args: [...programs, '--public-domain', '127.0.0.1'] });
  await up.addUser('root-1', password, 'admin');
  const send = apiClient(up);
  const doctor = (): Promise<Report> =>
    send('post', '/doctor', 'localhost')
      .send({})
      .then((answer) => {
        expect(answer.status).toBe(200);
        return answer.body as Report;
      });

  let isRunning = true;
  const both = Promise.all([doctor(), doctor()]).finally(() => (isRunning = false));
  const latencies: number[] = [];
  while (isRunning) {
    const begin = performance.now();
    const answer = await fetch(`${up.url}/auth/token?scope=repository:r${latencies.length}:pull`, {
      headers: { 'X-Forwarded-For': '192.0.2.1' },
    });
    await answer.arrayBuffer();
    latencies.push(performance.now() - begin);
    await wait(2);
  }
  const [first, second] = await both;
  expect(first.items).toEqual([]);
  expect(first.skipped).toBeNull();
  expect(first.checked).toEqual([
    'this machine: configuration, keys, database and clock',
    `registry http://127.0.0.1:${up.registryPort}`,
    `public domain 127.0.0.1, at https://127.0.0.1:${up.edgePort}`,
    `private domain localhost, at https://localhost:${up.edgePort}`,
  ]);
  // The second caller has joined the run of the first.
  expect(second).toEqual(first);
  const sorted = latencies.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  console.log(
    `${sorted.length} requests for tokens during doctor, 99 of 100 answered within ${p99.toFixed(1)} ms`,
  );
  expect(sorted.length).toBeGreaterThan(20);
  // The limit is generous, because the machine of the test may be busy.
  expect(p99).toBeLessThan(1000);

  const next = await doctor();
  expect(Date.parse(next.startedAt)).toBeGreaterThan(Date.parse(first.startedAt));
  const audit = await send('get', '/audit?outcome=changed&q=dockpass-doctor', 'localhost');
  const { items } = audit.body as { items: readonly { reason: string; client: string }[] };
  expect(
    items.map(({ reason, client }) => [
      reason.replaceAll(/dockpass-doctor-\w+/g, 'ROBOT').split(' with')[0],
      client,
    ]),
  ).toEqual(
    [1, 2].flatMap(() => [
      ['robot ROBOT removed', 'api: root-1'],
      ['robot ROBOT created', 'api: root-1'],
    ]),
  );
  // The scratch repository is empty again, so the rules are compared without it.
  const rules = await send('post', '/rules/preview', 'localhost').send({
    policy: [{ deny: ['push'], to: ['everyone'], on: ['**'] }],
  });
  expect(rules.body).toMatchObject({ cut: [] });
});
