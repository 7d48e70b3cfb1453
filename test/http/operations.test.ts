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

  test('does not name robots, which anyone who reaches the port could read; the log names them', async () => {
    const warning = 'dockpass_warning{code="robot_near_end"}';
    const other = await startIssuer();
    const at = Math.floor(other.clock() / 1000);
    const robot = { name: 'deploy-payroll', only: [], disabled: false, createdAt: at, lastUse: null };
    const secret = { hash: 'a'.repeat(64), robot: robot.name, createdAt: at, expiresAt: null };
    await other.server.store.robots.add({ ...robot, expiresAt: at + 1000 }, secret);
    await other.server.checkHealth();
    const [ready, metrics] = await Promise.all(
      ['/readyz', '/metrics'].map((path) => request(other.operationsUrl).get(path)),
    );
    expect(ready?.body).toMatchObject({ status: 'degraded', warnings: [{ code: 'robot_near_end' }] });
    expect(ready?.text).toContain('1 robot expires within two weeks');
    expect(metrics?.text).toContain(`${warning} 1`);
    expect(`${ready?.text} ${metrics?.text}`).not.toContain('payroll');
    expect(other.logged.join()).toContain('deploy-payroll (in 0 days)');
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
