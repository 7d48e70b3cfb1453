import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/config/values/duration.ts';
import { environmentName, settingKeys } from '../../../src/config/environment.ts';
import { formatListen, parseListen } from '../../../src/net/listen-address.ts';
import { loadConfig, type Config } from '../../../src/config/load.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

async function load(yaml: string, environment: Record<string, string> = {}, flags = {}): Promise<Config> {
  const file = join(await temporaryDirectory('config'), 'dockpass.yml');
  await writeFile(file, yaml);
  return await loadConfig({ file, environment, flags });
}

const faults = async (yaml: string, environment: Record<string, string> = {}): Promise<string[]> => {
  const error: unknown = await load(yaml, environment).then(
    () => new Error('the configuration was accepted'),
    (cause: unknown) => cause,
  );
  return error instanceof Error
    ? error.message.split('\n').map((line) => line.replace(/^.*dockpass\.yml/, ''))
    : [];
};

describe('the effective configuration', () => {
  test('an empty file results in the defaults', async () => {
    expect(await load('')).toMatchObject({
      service: 'registry',
      issuer: 'dockpass',
      publicDomains: [],
      publicRepositories: [{ text: '**' }],
      externalUrl: null,
      listen: { host: '127.0.0.1', port: 5002 },
      operations: { listen: { host: '127.0.0.1', port: 5003 } },
      keys: { algorithm: 'ES256', leafLifetime: 90 * 86_400, rotateBefore: 30 * 86_400 },
      tokens: { pullLifetime: 300, pushLifetime: 3600 },
      passwords: { minLength: 15, remember: 60 },
      catalog: 'admins',
      users: { defaultRole: 'writer' },
    });
  });

  test('a flag overrides the environment, which overrides the file, which overrides the default', async () => {
    const environment = { DOCKPASS_SERVICE: 'environment', DOCKPASS_ISSUER: 'environment' };
    const config = await load('service: file\nissuer: file\ncatalog: users\n', environment, {
      service: 'flag',
    });
    expect(config).toMatchObject({ service: 'flag', issuer: 'environment', catalog: 'users' });
    expect([...config.origins]).toEqual(
      expect.arrayContaining([
        ['service', 'flag'],
        ['issuer', 'environment'],
        ['catalog', 'file'],
      ]),
    );
  });

  test('a variable with _FILE overrides the one without _FILE, which the images set', async () => {
    const file = join(await temporaryDirectory('secret'), 'url');
    await writeFile(file, 'postgres://from-a-file/dockpass\n');
    const [plain, inFile] = [{ DOCKPASS_DATABASE: 'of-the-image.db' }, { DOCKPASS_DATABASE_FILE: file }];
    for (const environment of [
      { ...plain, ...inFile },
      { ...inFile, ...plain },
    ])
      expect((await load('', environment)).database).toBe('postgres://from-a-file/dockpass');
  });

  test('each setting has its own environment variable', () => {
    const names = settingKeys().map(environmentName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['DOCKPASS_TOKENS_PULL_LIFETIME', 'DOCKPASS_KEYS_LEAF_LIFETIME']),
    );
    expect(names).toContain('DOCKPASS_TOKENS_REFRESH_ENABLED');
  });

  test('lists in the environment are separated by commas', async () => {
    const config = await load('', { DOCKPASS_PUBLIC_DOMAINS: ' a.example.com, *.b.example.com ,' });
    expect(config.publicDomains).toMatchObject([
      { name: 'a.example.com' },
      { name: 'b.example.com', wildcard: true },
    ]);
  });

  test('relative paths start at the folder of the configuration file', async () => {
    const config = await load('database: here.db\n');
    expect(config.database).toBe(join(config.file ?? '', '..', 'here.db'));
    expect(config.keys.directory).toBe(join(config.file ?? '', '..', 'keys'));
  });

  test('variables that Kubernetes sets for its services are ignored', async () => {
    const links = {
      DOCKPASS_SERVICE_HOST: '10.0.0.1',
      DOCKPASS_PORT_5002_TCP: 'tcp://10.0.0.1:5002',
      DOCKPASS_PORT: 'tcp://x',
    };
    expect(await load('', links)).toMatchObject({ service: 'registry' });
  });

  test('the loaded configuration cannot be changed', async () => {
    const config = await load('');
    expect(() => Object.assign(config, { service: 'x' })).toThrow(TypeError);
  });

  test.each([
    ['__proto__: {a: 1}\n', [expect.stringContaining('__proto__')]],
    ['publicDomains: [a..b]\n', [expect.stringMatching(/^:1: publicDomains\.0: must be a host name/)]],
    ['externalUrl: ftp://x\n', [expect.stringMatching(/^:1: externalUrl: must be a URL/)]],
    ['externalUrl: https://user@x\n', [expect.stringMatching(/^:1: externalUrl: must be a URL/)]],
    ['passwords:\n  minLength: -1\n', [expect.stringMatching(/^:2: passwords\.minLength: /)]],
    ['keys: nothing\n', [expect.stringMatching(/^:1: keys: /)]],
  ])('rejects %j', async (yaml, expected) => {
    expect(await faults(yaml)).toEqual(expected);
  });

  test('an error in the environment names the variable', async () => {
    expect(await faults('', { DOCKPASS_TOKENS_PULL_LIFETIME: 'long' })).toEqual([
      expect.stringMatching(/^DOCKPASS_TOKENS_PULL_LIFETIME: must be a duration/),
    ]);
  });
});

describe('values', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['30d', 2_592_000],
    ['0s', 0],
    ['1', undefined],
    ['2w', 1_209_600],
    ['1y', 31_536_000],
    ['999999999y', 31_536_000_000],
    ['1mo', undefined],
    ['-1s', undefined],
    ['1.5h', undefined],
    ['', undefined],
  ])('parses the duration %j', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    ['127.0.0.1:5002', { host: '127.0.0.1', port: 5002 }],
    ['[::1]:5002', { host: '::1', port: 5002 }],
    [':5002', { host: '::', port: 5002 }],
    ['5002', { host: '::', port: 5002 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['::1:5002', undefined],
    ['127.0.0.1', undefined],
    ['a:65536', undefined],
  ])('parses the address %j', (text, listen) => {
    expect(parseListen(text)).toEqual(listen);
    if (listen !== undefined) expect(parseListen(formatListen(listen))).toEqual(listen);
  });
});
