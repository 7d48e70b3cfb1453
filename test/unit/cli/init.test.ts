import { readFile, readdir, writeFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { initCommand } from '../../../src/cli/commands/init.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { schema } from '../../../src/config/schema.ts';
import { formatDomain } from '../../../src/realm/domain.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));

async function init(...args: readonly string[]): Promise<string> {
  const folder = await temporaryDirectory('init');
  await initCommand().parseAsync(['--out', folder, ...args], { from: 'user' });
  return folder;
}

test('writes every setting with the default of the schema', async () => {
  const folder = await init('--edge', 'caddy');
  const written = schema.parse(parse(await readFile(join(folder, 'dockpass.yml'), 'utf8')));
  const { trustedProxies, events, ...settings } = schema.parse({});
  expect(written).toMatchObject(settings);
  // The secret has no default. `init` makes one.
  const { secret } = written.events;
  expect(written.events).toEqual({ ...events, secret: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(parse(await readFile(join(folder, 'registry-config.yml'), 'utf8'))).toMatchObject({
    notifications: {
      events: { includereferences: true },
      endpoints: [
        {
          name: 'dockpass',
          url: 'http://127.0.0.1:5004/events',
          headers: { Authorization: [`Bearer ${secret}`] },
          ignore: { mediatypes: ['application/octet-stream'] },
        },
      ],
    },
  });
  expect((await stat(join(folder, 'dockpass.yml'))).mode & 0o007).toBe(0);
  // The registry often runs as another user.
  expect((await stat(join(folder, 'registry-config.yml'))).mode & 0o004).toBe(0o004);
  expect(written.trustedProxies.texts).toEqual(trustedProxies.texts);
  expect(Object.keys(parse(await readFile(join(folder, 'dockpass.yml'), 'utf8')) as object).sort()).toEqual(
    Object.keys(settings).concat('events', 'trustedProxies').sort(),
  );
});

test('uses the given domains, port and certificate', async () => {
  const folder = await init(
    '--edge',
    'nginx',
    '--public-domain',
    'a.test',
    '--public-domain',
    '*.b.test',
    '--private-domain',
    'c.test',
    '--port',
    '8443',
    '--tls',
    'off',
  );
  const config = await loadConfig({ file: join(folder, 'dockpass.yml'), environment: {} });
  expect(config.publicDomains.map(({ name, wildcard }) => [name, wildcard])).toEqual([
    ['a.test', false],
    ['b.test', true],
  ]);
  expect(config.up).toMatchObject({ port: 8443, tls: 'off' });
  expect(await readFile(join(folder, 'dockpass-nginx.conf'), 'utf8')).toContain('listen 8443;');
  expect(await readFile(join(folder, 'dockpass-nginx.conf'), 'utf8')).toContain(
    'server_name a.test *.b.test c.test;',
  );
  const registry = parse(await readFile(join(folder, 'registry-config.yml'), 'utf8')) as {
    auth: { token: { rootcertbundle: string } };
  };
  expect(await readFile(registry.auth.token.rootcertbundle, 'utf8')).toContain('BEGIN CERTIFICATE');
});

test('uses domains from the environment, as in a container', async () => {
  vi.stubEnv('DOCKPASS_PUBLIC_DOMAINS', 'a.test,*.b.test:8443');
  const folder = await init('--edge', 'caddy', '--tls', 'off');
  vi.unstubAllEnvs();
  const config = await loadConfig({ file: join(folder, 'dockpass.yml'), environment: {} });
  expect(config.publicDomains.map(formatDomain)).toEqual(['a.test', '*.b.test:8443']);
  expect(await readFile(join(folder, 'Caddyfile'), 'utf8')).toContain('only serves pulls');
});

test('writes nothing if it would overwrite a file', async () => {
  const folder = await temporaryDirectory('init');
  await writeFile(join(folder, 'traefik.yml'), 'mine');
  const again = initCommand().parseAsync(['--out', folder, '--edge', 'traefik'], { from: 'user' });
  await expect(again).rejects.toMatchObject({
    code: 'already_exists',
    message: expect.stringContaining(join(folder, 'traefik.yml')) as string,
  });
  expect(await readdir(folder)).toEqual(['traefik.yml']);
});

test('rejects an invalid domain', async () => {
  await expect(init('--public-domain', 'a b')).rejects.toMatchObject({ code: 'bad_usage' });
});
