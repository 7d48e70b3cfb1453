import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../../support/process/run.ts';
import { administrator, password } from '../../support/api/client.ts';
import { startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';
import { repository } from '../../support/run/environment.ts';

// Runs the curl commands of docs/api.md, in the order of the page.

let issuer: TestIssuer;
let environment: Readonly<Record<string, string>>;

const page = await readFile(join(repository, 'docs', 'api.md'), 'utf8');
const commands = [...page.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.trim())
  .filter((line) => line.startsWith('curl '));

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser(administrator, password, 'admin');
  await issuer.addUser('zoe', password);
  const token = await issuer.addAccessToken(administrator, { name: 'automation', api: true });
  const api = `${issuer.url}/auth/api/v1`;
  const first = await fetch(`${api}/users?limit=1`, { headers: { Authorization: `Bearer ${token}` } });
  const { next } = (await first.json()) as { next: string };
  environment = { TOKEN: token, API: api, NEXT: next };
});

test('the page has commands', () => {
  expect(commands.length).toBeGreaterThan(10);
});

test.each(commands)('%s', async (command) => {
  const onThisMachine = command
    .replaceAll('https://registry.example.com', issuer.url)
    .replace(/^curl /, 'curl --silent --show-error --fail-with-body ');
  const ran = await run('bash', ['--norc', '-c', onThisMachine], { env: environment });
  expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, ran.stdout, '']);
  if (!command.includes('DELETE')) expect(JSON.parse(ran.stdout)).toBeTypeOf('object');
});
