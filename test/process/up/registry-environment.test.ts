import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { registryEnvironment } from '../../../src/registry/registry-environment.ts';
import { startChild } from '../../../src/up/process/child-process.ts';
import { prepareEdge, edgeOf } from '../../../src/up/programs/edge.ts';
import { prepareRegistry } from '../../../src/up/programs/registry.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// The registry and the edge that `dockpass up` starts read foreign data. A program in their place must not find secrets
// of dockpass in its environment.

const secrets = {
  DOCKPASS_DATABASE: 'postgres://dockpass:canary-url@db/dockpass',
  DOCKPASS_DATABASE_PASSWORD: 'canary-password',
  DOCKPASS_KEYS_SECRET: 'canary-secret-of-more-than-thirty-two-characters',
  DOCKPASS_KEYS_AUTHORITY_PASSPHRASE: 'canary-passphrase',
  user: 'canary-user',
  pass: 'canary-pass',
  public_domain: 'canary.example.com',
};
const ofRegistry = { REGISTRY_STORAGE_DELETE_ENABLED: 'true', AWS_REGION: 'eu-1', PATH: '/usr/bin:/bin' };

const events = { url: 'http://127.0.0.1:5004/events', secret: 'test-events-secret' };

/** Writes a program that prints its environment as the kernel has it. @returns its path */
async function spy(name: string): Promise<string> {
  const path = join(await temporaryDirectory('spy'), name);
  await writeFile(path, "#!/bin/sh\ntr '\\0' '\\n' < /proc/self/environ\n", { mode: 0o755 });
  return path;
}

/** Starts a program as `up` does. @returns the lines of its environment */
async function environmentOf(program: Parameters<typeof startChild>[0]): Promise<string[]> {
  const lines: string[] = [];
  await startChild(program, (line) => lines.push(line.slice(line.indexOf('| ') + 2))).exited;
  return lines;
}

async function newConfig(): Promise<Config> {
  const directory = await temporaryDirectory('up');
  return configIn(directory, { up: { directory: 'up' }, keys: { secret: secrets.DOCKPASS_KEYS_SECRET } });
}

test('the registry gets the environment without the settings and secrets of dockpass', async () => {
  const environment = { ...secrets, ...ofRegistry };
  const config = await newConfig();
  const program = await prepareRegistry(
    await spy('registry'),
    config,
    registryEnvironment(environment),
    events,
  );
  const lines = await environmentOf(program);
  expect(lines).toEqual(expect.arrayContaining(Object.entries(ofRegistry).map((pair) => pair.join('='))));
  expect(lines.join()).not.toMatch(/canary|DOCKPASS_/);
  expect(lines.filter((line) => /^(?:user|pass|public_domain)=/i.test(line))).toEqual([]);
});

test('the registry does not get the variables that Kubernetes sets for Services', async () => {
  const links = {
    REGISTRY_SERVICE_HOST: '10.0.0.1',
    REGISTRY_SERVICE_PORT: '5000',
    REGISTRY_PORT: 'tcp://10.0.0.1:5000',
    REGISTRY_PORT_5000_TCP_ADDR: '10.0.0.1',
    // Services called registry-auth and registry-storage-s3.
    REGISTRY_AUTH_PORT: 'tcp://10.0.0.2:5002',
    REGISTRY_STORAGE_S3_SERVICE_HOST: '10.0.0.3',
    REGISTRY_STORAGE_S3_PORT: 'tcp://10.0.0.3:9000',
  };
  const environment = registryEnvironment({ ...links, ...ofRegistry, REGISTRY_LOG_LEVEL: 'warn' });
  expect([...environment.serviceLinks].sort()).toEqual(Object.keys(links).sort());
  expect(environment).toMatchObject({ storesInFolder: true, warnings: [] });
  const program = await prepareRegistry(await spy('registry'), await newConfig(), environment, events);
  const lines = await environmentOf(program);
  expect(lines).toContain('REGISTRY_LOG_LEVEL=warn');
  expect(lines.filter((line) => line.includes('10.0.0.'))).toEqual([]);
});

test('authorization in the environment of the registry is still an error', () => {
  expect(() => registryEnvironment({ REGISTRY_AUTH_TOKEN_REALM: 'tcp://10.0.0.1:443' })).toThrow(
    /^REGISTRY_AUTH_TOKEN_REALM is set/,
  );
});

test('reads the address of the debug server, and names the variable if it is no address', () => {
  const debug = (text: string) => registryEnvironment({ REGISTRY_HTTP_DEBUG_ADDR: text }).debugListen;
  expect(debug(':5001')).toEqual({ host: '::', port: 5001 });
  expect(debug('')).toBeUndefined();
  expect(() => debug('everywhere')).toThrow(/^REGISTRY_HTTP_DEBUG_ADDR is "everywhere"/);
});

test('the edge gets only the variables that it needs', async () => {
  const config = await newConfig();
  const edge = edgeOf(config, { kind: 'off' });
  const caddy = { kind: 'caddy', path: await spy('caddy') } as const;
  const lines = await environmentOf(await prepareEdge(caddy, edge, config.up.directory));
  const names = lines.map((line) => line.split('=')[0]);
  const allowed = [
    'PATH',
    'HOME',
    'XDG_DATA_HOME',
    'XDG_CONFIG_HOME',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'PWD',
  ];
  expect(names.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
});
