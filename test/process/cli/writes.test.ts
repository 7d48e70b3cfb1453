import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServe } from '../../support/dockpass/dockpass.ts';
import { untilHttp } from '../../support/process/ready.ts';

test('writes stop and start create and remove the file, and say who has stopped pushes, and since when', async () => {
  const server = await startServe();
  const file = join(server.directory, 'data/up/writes/stopped');
  expect((await server.must(['writes', 'stop'])).stderr).toMatch(/stopped is created/);
  expect(existsSync(file)).toBe(true);
  expect((await server.must(['writes', 'stop'])).stderr).toMatch(
    /already stopped, since 20.* by cli: .* on /,
  );
  expect((await server.must(['status'])).stdout).toMatch(/^pushes: +stopped since 20.* by cli: /m);
  const findings = JSON.parse((await server.cli(['doctor', '--json'])).stdout) as { code: string }[];
  expect(findings.map(({ code }) => code)).toContain('writes_stopped');
  expect((await server.must(['writes', 'start'])).stderr).toMatch(/pushes work again\. .* by cli: /);
  expect(existsSync(file)).toBe(false);
  expect((await server.must(['writes', 'start'])).stderr).toMatch(/were not stopped/);
  expect((await server.must(['status'])).stdout).not.toMatch(/^pushes:/m);
  const audit = await server.must(['audit', '--outcome', 'changed']);
  expect(audit.stdout).toMatch(/writes stopped/);
  expect(audit.stdout).toMatch(/writes started/);
});

test('a server that starts while pushes are stopped warns about it, without naming a person', async () => {
  const first = await startServe();
  await first.must(['writes', 'stop']);
  await first.process.stop();
  const server = await startServe({ directory: first.directory });
  const { body } = await untilHttp(`${server.operationsUrl}/readyz`, { status: 200 });
  expect(body).toMatch(/pushes are stopped since 20\d\d/);
  expect(body).not.toMatch(/cli:/);
  const metrics = await untilHttp(`${server.operationsUrl}/metrics`);
  expect(metrics.body).toMatch(/writes_stopped/);
});

test('gc with a registry of your own prints the steps, changes nothing, and exits with 1', async () => {
  const server = await startServe();
  const ran = await server.cli(['gc']);
  expect(ran.status).toBe(1);
  expect(ran.stdout.match(/^\d\. \S+ \S+/gm)).toEqual([
    '1. dockpass writes',
    '2. Wait until',
    '3. registry garbage-collect',
    '4. Restart the',
    '5. dockpass writes',
  ]);
  expect(ran.stderr).toMatch(/Nothing was changed/);
  expect((await server.must(['status'])).stdout).not.toMatch(/^pushes:/m);
  expect((await server.cli(['gc', '--wait', 'soon'])).status).toBe(2);
});
