import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readRunningRegistry, type RunningRegistry } from '../../../src/registry/running-registry.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const existing = `# Ours since 2019.
version: 0.1
storage:
  s3: { bucket: images, secretkey: hidden }   # paid by marketing
  delete: { enabled: true }
http:
  addr: :5005
  host: https://registry.example.com
  tls: { certificate: a.crt, key: a.key }
  headers: { X-Content-Type-Options: [nosniff] }
auth:
  htpasswd: { realm: basic, path: htpasswd }
`;

const settings = {
  service: 'registry',
  issuer: 'dockpass',
  rootCertBundle: '/keys/rootcertbundle.pem',
  externalUrl: undefined,
};

async function registryWith(
  text: string,
): Promise<{ directory: string; read: () => Promise<RunningRegistry> }> {
  const directory = await temporaryDirectory();
  const path = join(directory, 'config.yml');
  await writeFile(path, text);
  await chmod(path, 0o640);
  return { directory, read: () => readRunningRegistry(path) };
}

describe('the configuration of an existing registry', () => {
  test('is unchanged except for its auth section and settings that fix the host name', async () => {
    const { directory, read } = await registryWith(existing);
    const running = await read();
    expect(running).toMatchObject({
      listen: { port: 5005 },
      htpasswd: join(directory, 'htpasswd'),
      hasTls: true,
      mode: 0o640,
    });
    const text = running.withDockpass(settings);
    expect(text).toContain('# Ours since 2019.');
    expect(text).toContain('# paid by marketing');
    expect(parse(text)).toEqual({
      version: 0.1,
      storage: { s3: { bucket: 'images', secretkey: 'hidden' }, delete: { enabled: true } },
      http: { addr: ':5005', headers: { 'X-Content-Type-Options': ['nosniff'] }, relativeurls: true },
      auth: {
        token: {
          service: 'registry',
          issuer: 'dockpass',
          rootcertbundle: '/keys/rootcertbundle.pem',
          autoredirect: true,
          realm: 'https://localhost:5001/auth/token',
        },
      },
    });
  });

  test('loses its path prefix, because the edge sends /v2/ to the registry', async () => {
    const text = 'storage: { inmemory: }\nhttp: { prefix: /hub/, debug: { addr: ":5001" } }\n';
    const running = await (await registryWith(text)).read();
    expect(running).toMatchObject({ prefix: '/hub/', debugListen: { port: 5001 } });
    expect(parse(running.withDockpass(settings))).toMatchObject({
      http: { debug: { addr: ':5001' }, relativeurls: true },
    });
    expect(running.withDockpass(settings)).not.toContain('prefix');
    const root = await (await registryWith('storage: { inmemory: }\nhttp: { prefix: / }\n')).read();
    expect(root).toMatchObject({ prefix: undefined, debugListen: undefined });
  });

  test('may contain little more than a storage section', async () => {
    const running = await (await registryWith('storage: { inmemory: }\nhttp:\n')).read();
    expect(running).toMatchObject({ listen: { port: 5000 }, htpasswd: undefined, hasTls: false });
    expect(parse(running.withDockpass(settings))).toMatchObject({
      http: { relativeurls: true },
      auth: { token: {} },
    });
  });

  test.each([
    ['storage: [\n', /cannot use the registry configuration .*config\.yml: /],
    ['users: {}\n', /it has no storage section/],
    ['storage: {}\nhttp: { addr: nowhere }\n', /http\.addr is "nowhere"\. It must be an address and a port/],
  ])('is rejected with the reason if the file is invalid: %j', async (text, why) => {
    const { read } = await registryWith(text);
    await expect(read()).rejects.toMatchObject({
      code: 'bad_usage',
      message: expect.stringMatching(why) as string,
    });
  });
});
