import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { apiMethods } from '../../../support/api/methods.ts';
import { publicHost, startIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  // No registry and no edge listens there.
  const issuer = await startIssuer({
    registries: ['http://127.0.0.1:9'],
    publicDomains: ['pub.example.com:9'],
    ...settings,
  });
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  return { issuer, api: apiMethods(issuer, 'root-1', password) };
}

describe('warnings in the API', () => {
  test('are those of the last health check, with their details', async () => {
    const { issuer, api } = await start();
    expect((await api.get('/warnings')).body).toEqual({ items: [], next: null });
    await api.post('/robots', { name: 'old-ci', only: ['**:pull'], expires: '1d' });
    await issuer.server.checkHealth();
    const answer = await api.get('/warnings');
    expect(answer.body).toMatchObject({
      items: [
        {
          code: 'robot_near_end',
          severity: 'warning',
          impact: expect.stringContaining('log in') as string,
          details: expect.stringContaining('old-ci') as string,
        },
      ],
    });
    expect((await apiMethods(issuer, 'alice', password).get('/warnings')).status).toBe(403);
  });
});

interface Report {
  readonly items: readonly { readonly code: string }[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

describe('doctor in the API', () => {
  test('finds what the command finds, and says what was checked', async () => {
    const { issuer, api } = await start();
    const answer = await api.post('/doctor', { readOnly: true });
    expect(answer.status).toBe(200);
    const report = answer.body as Report;
    expect(report.items).toContainEqual({
      code: 'registry_unreachable',
      severity: 'wrong',
      problem: expect.any(String) as string,
      impact: expect.any(String) as string,
      fix: expect.any(String) as string,
    });
    // The clock of this server stands still. doctor can notice it only if it asks the server at its actual port.
    expect(report.items.map(({ code }) => code)).toContain('token_server_clock');
    expect(answer.body).toMatchObject({
      skipped: expect.stringContaining('were not checked') as string,
      checked: expect.arrayContaining(['this machine: configuration, keys, database and clock']) as string[],
    });
    const alice = apiMethods(issuer, 'alice', password);
    expect((await alice.post('/doctor')).status).toBe(403);
    const bad = await api.post('/doctor', { readonly: true });
    expect([bad.status, bad.body]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/readonly' })] }),
    ]);
  });

  test('does not block the token endpoint', async () => {
    const { issuer, api } = await start();
    // The first run loads the modules.
    await api.post('/doctor', { readOnly: true });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let isRunning = true;
    const run = api.post('/doctor', { readOnly: true }).then((answer) => {
      isRunning = false;
      return answer;
    });
    let count = 0;
    while (isRunning) {
      const answer = await issuer.get(`${publicHost}:9`, `scope=repository:r${count}:pull`);
      expect(answer.status).toBe(200);
      count++;
    }
    delay.disable();
    expect((await run).status).toBe(200);
    expect(count).toBeGreaterThan(0);
    console.log('requests', count, 'longest delay', delay.max / 1e6, 'ms');
    expect(delay.max / 1e6).toBeLessThan(500);
  });
});
