import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/config/values/duration.ts';
import { environmentName, ignoredServiceLinks, settingKeys } from '../../../src/config/environment.ts';
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
      catalog: 'own',
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

  test('DOCKPASS_EDGE_PORT of a Service called dockpass-edge is ignored, and a misspelled setting is still an error', async () => {
    expect(await load('', { DOCKPASS_EDGE_PORT: 'tcp://10.0.0.1:443' })).toMatchObject({
      service: 'registry',
    });
    expect(await faults('', { DOCKPASS_EDGE_PORT: '443' })).toEqual([
      expect.stringMatching(/^DOCKPASS_EDGE_PORT: there is no such setting/),
    ]);
  });

  test('a Service called dockpass-up does not change the port of the edge', async () => {
    const host = { DOCKPASS_UP_SERVICE_HOST: '10.0.0.1' };
    const linked = { ...host, DOCKPASS_UP_PORT: 'tcp://10.0.0.1:443' };
    expect((await load('', linked)).up.port).toBe(5001);
    expect((await load('', { ...host, DOCKPASS_UP_PORT: '8443' })).up.port).toBe(8443);
    expect(ignoredServiceLinks(linked).sort()).toEqual(['DOCKPASS_UP_PORT', 'DOCKPASS_UP_SERVICE_HOST']);
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

describe('secrets', () => {
  const secret = 'x'.repeat(40);
  const fileWith = async (content: string | Buffer): Promise<string> => {
    const path = join(await temporaryDirectory('secret'), 'secret');
    await writeFile(path, content);
    return path;
  };

  test.each(['', '\n', '\r\n'])('one line ending %j is not part of a secret', async (ending) => {
    const path = await fileWith(secret + ending);
    for (const environment of [
      { DOCKPASS_KEYS_SECRET: secret + ending },
      { DOCKPASS_KEYS_SECRET_FILE: path },
    ] as const)
      expect((await load('', { ...environment })).keys.secret).toBe(secret);
    expect((await load(`keys: { secret: ${JSON.stringify(secret + ending)} }\n`)).keys.secret).toBe(secret);
  });

  test('spaces inside and at the start of a secret, and quotes around it, are part of it', async () => {
    const text = ` "${secret} ${secret}"`;
    const path = await fileWith(`${text}\n`);
    expect((await load('', { DOCKPASS_KEYS_SECRET_FILE: path })).keys.secret).toBe(text);
    expect((await load('', { DOCKPASS_KEYS_SECRET: `"${secret}"` })).keys.secret).toBe(`"${secret}"`);
  });

  test.each([
    [`${secret}\n\n`, /ends with white space other than one line ending/],
    [`${secret} \n`, /ends with white space other than one line ending/],
    [Buffer.from(`\uFEFF${secret}\n`, 'utf16le'), /is not a text in UTF-8/],
  ])('a file that contains more than the secret is rejected: %j', async (content, message) => {
    const found = await faults('', { DOCKPASS_KEYS_SECRET_FILE: await fileWith(content) });
    expect(found).toEqual([expect.stringMatching(/^DOCKPASS_KEYS_SECRET_FILE: the file /)]);
    expect(found[0]).toMatch(message);
    expect(found[0]).not.toContain(secret);
  });
});

describe('values', () => {
  test.each([
    ...['true', 'True', 'TRUE', 'yes', 'on', '1', '"true"', "'yes'", ' true\n'].map(
      (text) => [text, true] as const,
    ),
    ...['false', 'False', 'no', 'Off', '0', '"false"'].map((text) => [text, false] as const),
  ])('reads the boolean %j as %s', async (text, expected) => {
    const config = await load('', {
      DOCKPASS_STRICT_PERMISSIONS: text,
      DOCKPASS_TOKENS_REFRESH_ENABLED: text,
    });
    expect([config.strictPermissions, config.tokens.refresh.enabled]).toEqual([expected, expected]);
  });

  test.each(['yes', '1'].flatMap((on) => ['Off', '0'].map((off) => [on, off])))(
    'reads %s and %s in the file as booleans',
    async (on, off) => {
      const config = await load(`strictPermissions: ${on}\ntokens: { refresh: { enabled: ${off} } }\n`);
      expect([config.strictPermissions, config.tokens.refresh.enabled]).toEqual([true, false]);
    },
  );

  test.each(['', 'enabled', 'tru', '2', 'y'])(
    'rejects the boolean %j and lists the accepted forms',
    async (text) => {
      expect(await faults('', { DOCKPASS_STRICT_PERMISSIONS: text })).toEqual([
        'DOCKPASS_STRICT_PERMISSIONS: must be true or false. dockpass also accepts yes, no, on, off, 1 and 0. Upper case and lower case are equal',
      ]);
    },
  );

  test.each([
    'a.example.com,b.example.com',
    '"a.example.com,b.example.com"',
    '"a.example.com","b.example.com"',
    "'a.example.com', 'b.example.com'",
    '["a.example.com", "b.example.com"]',
    'a.example.com\nb.example.com\n',
  ])('reads the list %j', async (text) => {
    const { publicDomains } = await load('', { DOCKPASS_PUBLIC_DOMAINS: text });
    expect(publicDomains.map(({ name }) => name)).toEqual(['a.example.com', 'b.example.com']);
  });

  test('rejects a list whose entries are separated by spaces, and says how to write it', async () => {
    expect(await faults('', { DOCKPASS_PUBLIC_DOMAINS: 'a.example.com b.example.com' })).toEqual([
      expect.stringMatching(
        /^DOCKPASS_PUBLIC_DOMAINS: must be a host name.*separate the entries with commas: a,b$/,
      ),
    ]);
    expect(await faults('publicDomains: { a: b }\n')).toEqual([expect.stringContaining('must be a list')]);
  });

  test('an address in brackets is not a list in JSON', async () => {
    expect((await load('', { DOCKPASS_LISTEN: '[::1]:5002' })).listen).toEqual({ host: '::1', port: 5002 });
    expect(await faults('', { DOCKPASS_TRUSTED_PROXIES: '[nonsense' })).toHaveLength(1);
  });

  test('quotes around other values are removed', async () => {
    const config = await load('', {
      DOCKPASS_UP_PORT: '"8443"',
      DOCKPASS_TOKENS_PULL_LIFETIME: "'10m'",
      DOCKPASS_CATALOG: '"users"',
      DOCKPASS_POLICY: '[{"allow": ["pull"], "to": ["everyone"], "on": ["a"]}]',
    });
    expect(config).toMatchObject({ up: { port: 8443 }, tokens: { pullLifetime: 600 }, catalog: 'users' });
    expect(config.policy).toHaveLength(1);
  });

  test.each(['0', '65536', 'https', 'tcp://10.0.0.1:443'])('rejects the port %j', async (text) => {
    expect(await faults('', { DOCKPASS_UP_PORT: text })).toEqual([
      'DOCKPASS_UP_PORT: must be a port number from 1 to 65535',
    ]);
  });

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
