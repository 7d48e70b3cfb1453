import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});

const operations = (path: string) => request(issuer.operationsUrl).get(path);

describe('the operations port', () => {
  test('is alive and ready', async () => {
    expect((await operations('/healthz')).body).toEqual({ status: 'ok' });
    const ready = await operations('/readyz');
    expect([ready.status, ready.body]).toEqual([200, { status: 'ready', faults: [], warnings: [] }]);
  });

  test('counts issued tokens and denials', async () => {
    const metrics = async (): Promise<string> => (await operations('/metrics')).text;
    await issuer.get(publicHost, 'scope=repository:a:pull');
    await issuer.get(publicHost, 'scope=repository:a:pull');
    await issuer.get(privateHost);
    expect(await metrics()).toContain('dockpass_tokens_issued_total{realm="public"} 2');
    expect(await metrics()).toContain('dockpass_requests_refused_total{code="login_required"} 1');
  });

  test('serves no tokens, and the token port no metrics', async () => {
    expect((await operations('/auth/token')).status).toBe(404);
    expect((await request(issuer.url).get('/metrics')).status).toBe(404);
    expect((await request(issuer.url).get('/healthz')).status).toBe(404);
  });

  test('is not ready after the database was closed', async () => {
    const other = await startIssuer();
    await other.server.store.close();
    const answer = await request(other.operationsUrl).get('/readyz');
    expect([answer.status, (answer.body as { faults: string[] }).faults]).toEqual([
      503,
      [expect.stringContaining('database')],
    ]);
  });
});
