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
    () => new Error('there was no fault'),
    (cause: unknown) => cause,
  );
  return error instanceof Error
    ? error.message.split('\n').map((line) => line.replace(/^.*dockpass\.yml/, ''))
    : [];
};

describe('the effective configuration', () => {
  test('an empty file means the defaults', async () => {
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
    });
  });

  test('flag before environment before file before default', async () => {
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

  test('a secret’s file wins over the variable without _FILE, which the images set', async () => {
    const file = join(await temporaryDirectory('secret'), 'url');
    await writeFile(file, 'postgres://from-a-file/dockpass\n');
    const [plain, inFile] = [{ DOCKPASS_DATABASE: 'of-the-image.db' }, { DOCKPASS_DATABASE_FILE: file }];
    for (const environment of [
      { ...plain, ...inFile },
      { ...inFile, ...plain },
    ])
      expect((await load('', environment)).database).toBe('postgres://from-a-file/dockpass');
  });

  test('every key has its variable, and no two share one', () => {
    const names = settingKeys().map(environmentName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['DOCKPASS_TOKENS_PULL_LIFETIME', 'DOCKPASS_KEYS_LEAF_LIFETIME']),
    );
    expect(names).toContain('DOCKPASS_TOKENS_REFRESH_ENABLED');
  });

  test('lists stand in the environment with commas', async () => {
    const config = await load('', { DOCKPASS_PUBLIC_DOMAINS: ' a.example.com, *.b.example.com ,' });
    expect(config.publicDomains).toMatchObject([
      { name: 'a.example.com' },
      { name: 'b.example.com', wildcard: true },
    ]);
  });

  test('paths start at the file', async () => {
    const config = await load('database: here.db\n');
    expect(config.database).toBe(join(config.file ?? '', '..', 'here.db'));
    expect(config.keys.directory).toBe(join(config.file ?? '', '..', 'keys'));
  });

  test("Kubernetes' service links are not ours", async () => {
    const links = {
      DOCKPASS_SERVICE_HOST: '10.0.0.1',
      DOCKPASS_PORT_5002_TCP: 'tcp://10.0.0.1:5002',
      DOCKPASS_PORT: 'tcp://x',
    };
    expect(await load('', links)).toMatchObject({ service: 'registry' });
  });

  test('it cannot be changed afterwards', async () => {
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
  ])('%j is refused', async (yaml, expected) => {
    expect(await faults(yaml)).toEqual(expected);
  });

  test('a fault of the environment is named by its variable', async () => {
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
    ['1w', undefined],
    ['-1s', undefined],
    ['1.5h', undefined],
    ['', undefined],
  ])('the duration %j', (text, seconds) => {
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
  ])('the address %j', (text, listen) => {
    expect(parseListen(text)).toEqual(listen);
    if (listen !== undefined) expect(parseListen(formatListen(listen))).toEqual(listen);
  });
});
