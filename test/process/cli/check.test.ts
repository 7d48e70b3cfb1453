import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Document, parse } from 'yaml';
import { afterwards } from '../../support/run/afterwards.ts';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { freePort } from '../../support/run/ports.ts';

const free = async (): Promise<Record<string, string>> => ({
  DOCKPASS_LISTEN: `127.0.0.1:${await freePort()}`,
  DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${await freePort()}`,
});

/** Returns the files that dockpass has created. */
const createdFiles = async ({ directory }: DockpassHome): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name !== 'dockpass.yml' && name !== 'file');

async function expectRefused(
  home: DockpassHome,
  lines: readonly RegExp[],
  args: readonly string[],
): Promise<void> {
  const refused = await home.cli(args);
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  const printed = refused.stderr.trimEnd().split('\n');
  expect(printed).toEqual(lines.map((line) => expect.stringMatching(line) as string));
  expect(await createdFiles(home)).toEqual([]);
}

describe.each(['check', 'serve'])('dockpass %s rejects', (command) => {
  test.each([
    [
      'an unknown key',
      'service: x\nservcie: y\n',
      [/^dockpass: .*dockpass\.yml:2: servcie: there is no such setting\. Did you mean service\?$/],
    ],
    [
      'an unknown key in a section',
      'tokens:\n  pullLifetime: 5m\n  pul: 1m\n',
      [/dockpass\.yml:3: tokens\.pul: there is no such/],
    ],
    ['a wrong type', 'service: 5\n', [/dockpass\.yml:1: service: /]],
    [
      'a wrong duration',
      'tokens:\n  pullLifetime: 5 minutes\n',
      [/dockpass\.yml:2: tokens\.pullLifetime: must be a duration such as/],
    ],
    [
      'a bad domain',
      'publicDomains:\n  - pub.example.com\n  - http://pub\n',
      [/dockpass\.yml:3: publicDomains\.1: must be a host name/],
    ],
    ['a bad address', 'listen: nowhere\n', [/dockpass\.yml:1: listen: must be an address and a port/]],
    ['a bad proxy', 'trustedProxies: [10.0.0.0/99]\n', [/dockpass\.yml:1: trustedProxies.*10\.0\.0\.0\/99/]],
    [
      'attack 93, a rule for all jobs of GitHub',
      'up: { privateDomains: [r.test] }\ntrust:\n  - { name: a, issuer: github, only: ["**:push"] }\n',
      [/dockpass\.yml:3: trust\.0\.when: does not name an owner, project or repository.*Add repository_id/],
    ],
    ['no YAML', 'service: [\n', [/dockpass\.yml:\d+: /]],
    ['a list instead of settings', '- a\n', [/dockpass\.yml:1: must contain settings/]],
    [
      'several errors, all at once',
      'a: 1\nlisten: x\ncatalog: everyone\n',
      [/listen/, /catalog/, /yml:1: a: there is no such setting/],
    ],
  ])('%s, names file and line, and creates nothing', async (_what, config, lines) => {
    await expectRefused(await dockpassHome({ config }), lines, [command]);
  });

  test('errors in the environment, and names the variable', async () => {
    const home = await dockpassHome({ env: { DOCKPASS_PUBLIC_DOMAINS: 'a.example.com,b c' } });
    await expectRefused(home, [/^dockpass: DOCKPASS_PUBLIC_DOMAINS: must be a host name/], [command]);
    const unknown = await dockpassHome({ env: { DOCKPASS_SERVCIE: 'x' } });
    await expectRefused(
      unknown,
      [/^dockpass: DOCKPASS_SERVCIE: there is no such setting\. Did you mean DOCKPASS_SERVICE\?$/],
      [command],
    );
  });

  test('a configuration file that does not exist', async () => {
    await expectRefused(
      await dockpassHome(),
      [/cannot read the configuration file .*nowhere\.yml/],
      [command, '--config', 'nowhere.yml'],
    );
  });
});

describe('dockpass check', () => {
  test('reports rules in "trust" that do not do what they should', async () => {
    const cluster = { name: 'cluster', issuer: 'https://kubernetes.default.svc', jwks: 'keys.json' };
    const settings = {
      up: { privateDomains: ['registry.example.com'] },
      policy: [{ deny: ['push'], to: ['ci:app', 'ci:gone'], on: ['**'] }],
      trust: [
        {
          name: 'app',
          issuer: 'github',
          when: { repository: 'acme/app', ref: 'main' },
          only: ['acme/app:push'],
        },
        {
          name: 'hidden',
          issuer: 'github',
          when: { repository: 'acme/app', ref: 'main' },
          only: ['acme/app:pull'],
        },
        { ...cluster, only: ['${kubernetes.io/namespace}/**:pull'], session: '0s' },
      ],
    };
    const home = await dockpassHome({ config: settings });
    const { stderr } = await home.must(['check']);
    expect(stderr.match(/^warning: .*$/gm)).toEqual([
      expect.stringMatching(/trust rule app: repository is a name/),
      expect.stringMatching(/trust rule hidden: it never decides, because the earlier rule app/),
      expect.stringMatching(/trust rule hidden: repository is a name/),
      expect.stringMatching(
        /trust rule cluster: cannot use the key set .*keys\.json: the file does not exist/,
      ),
    ]);
    const { stdout } = await home.must(['check', '--show']);
    expect(stdout).toMatch(
      /^trust = \[\{ "name": "app", "issuer": "github", .*"session": "0s" \}\] {2}\(file\)$/m,
    );
  });

  test('warns about retention rules that have no effect', async () => {
    const retention = [
      { on: ['ci/**'], keep: { newest: 20, pulledWithin: '30d' } },
      { on: ['ci/app'], untagged: '7d' },
    ];
    const home = await dockpassHome({ config: { retention } });
    const { stderr } = await home.must(['check']);
    expect(stderr.match(/^warning: .*$/gm)).toEqual([
      expect.stringMatching(/retention rule 2 has no effect: rule 1 matches the same repositories/),
      expect.stringMatching(/delete nothing with "dockpass serve", because events\.secret is not set/),
    ]);
  });

  test('names the valid file, and creates nothing', async () => {
    const home = await dockpassHome({ config: { publicDomains: ['pub.example.com'] } });
    const ran = await home.must(['check']);
    expect(ran.stderr).toContain('dockpass.yml is valid');
    expect(await createdFiles(home)).toEqual([]);
  });

  test('warns if servers on PostgreSQL have no secret to recognize each other’s messages', async () => {
    const config = { database: 'postgres://dockpass@db.example.com/dockpass' };
    const secret = { DOCKPASS_KEYS_SECRET: 'a secret of more than thirty-two characters' };
    const home = await dockpassHome({ config });
    const warning =
      /warning: keys\.secret is not set, so each server .* counts failed login attempts on its own/;
    expect((await home.must(['check'])).stderr).toMatch(warning);
    expect((await home.must(['check'], { env: secret })).stderr).not.toMatch(/warning/);
    expect((await (await dockpassHome({ config: {} })).must(['check'])).stderr).not.toMatch(/warning/);
  });

  test('--show prints each effective value with its origin', async () => {
    const home = await dockpassHome({
      config: { service: 'mine', publicDomains: ['*.Pub.example.com:8443'] },
      env: { DOCKPASS_TOKENS_PULL_LIFETIME: '7m' },
    });
    const { stdout } = await home.must(['check', '--show']);
    expect(stdout).toContain('service = mine  (file)');
    expect(stdout).toContain('publicDomains = ["*.pub.example.com:8443"]  (file)');
    expect(stdout).toMatch(/tokens\.pullLifetime = .*\(environment\)/);
    expect(stdout).toMatch(/issuer = dockpass +\(default\)/);
  });

  test('--show prints each value in the form that the file takes', async () => {
    const config = {
      service: '5',
      issuer: 'null',
      listen: ':5002',
      publicDomains: ['pub.example.com', '*.x.example.com:8443'],
      publicRepositories: ['library/**', '*'],
      trustedProxies: ['loopback', '10.0.0.0/8'],
      externalUrl: 'https://registry.example.com',
      tokens: { pullLifetime: '90m', refresh: { enabled: false } },
      audit: { keep: '52w', maxBytes: '3000MiB' },
      policy: [
        { allow: ['pull', 'push'], to: ['users'], on: ['${user}/**'], from: ['loopback'] },
        { deny: ['*'], to: ['everyone'], on: ['a/**'], realm: 'public' },
      ],
    };
    const home = await dockpassHome({ config });
    const shown = async (from: DockpassHome): Promise<{ name: string; value: string }[]> =>
      (JSON.parse((await from.must(['check', '--json'])).stdout) as { name: string; value: string }[]).filter(
        ({ name }) => !/directory|storage|^database$/.test(name),
      );
    const before = await shown(home);
    // The file is written from what the command has printed.
    const other = await dockpassHome();
    const file = new Document({});
    for (const { name, value } of before) file.setIn(name.split('.'), parse(value));
    await writeFile(join(other.directory, 'dockpass.yml'), file.toString());
    const lines = (settings: typeof before) => settings.map(({ name, value }) => `${name} = ${value}`);
    expect(lines(await shown(other))).toEqual(lines(before));
    const { stdout } = await home.must(['check', '--show']);
    for (const line of [
      'tokens.pullLifetime = 90m  (file)',
      'audit.keep = 364d  (file)',
      'audit.maxBytes = 3000MiB  (file)',
      'service = "5"  (file)',
      'trustedProxies = ["loopback", "10.0.0.0/8"]  (file)',
      'externalUrl = https://registry.example.com/  (file)',
      'keys.leafLifetime = 90d  (default)',
    ])
      expect(stdout).toContain(`${line}\n`);
  });
});

describe('dockpass serve fails, and creates nothing, with', () => {
  test.each(['DOCKPASS_LISTEN', 'DOCKPASS_OPERATIONS_LISTEN'])(
    'a port that is in use (%s)',
    async (setting) => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      afterwards(() => void holder.close());
      const address = holder.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const home = await dockpassHome({ env: { ...(await free()), [setting]: `127.0.0.1:${port}` } });
      const refused = await home.cli(['serve']);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toMatch(
        new RegExp(`^dockpass: port ${port} is in use, and [^
]*listen" [^
]*${setting}[^
]*
$`),
      );
      expect(await createdFiles(home)).toEqual([]);
    },
  );

  test.each([
    ['database', { database: 'file/dockpass.db' }],
    ['keys', { keys: { directory: 'file/keys' } }],
  ])('a folder for the %s that it cannot write', async (_what, config) => {
    const home = await dockpassHome({ config });
    await writeFile(join(home.directory, 'file'), '');
    const refused = await home.cli(['serve'], { env: await free() });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^dockpass: cannot write to [^\n]*file\b[^\n]*\. Move \S+ away, or choose another directory with [^\n]*\n$/,
    );
    expect(await createdFiles(home)).toEqual([]);
  });

  test('damaged keys, and names the fix', async () => {
    const home = await dockpassHome();
    await home.must(['keys', 'create', '--new-authority']);
    await writeFile(join(home.directory, 'keys', 'authority.pem'), 'x');
    const refused = await home.cli(['serve'], { env: await free() });
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toMatch(
      /^dockpass: .*authority\.pem contains no key\. Restore this file from a backup\./,
    );
    expect(existsSync(join(home.directory, 'data'))).toBe(false);
  });
});

describe('dockpass keys', () => {
  test('list and export print the same before and after a start', async () => {
    const home = await dockpassHome();
    await home.must(['keys', 'create', '--new-authority']);
    const keys = JSON.parse((await home.must(['keys', 'list', '--json'])).stdout) as {
      name: string;
      use: string;
    }[];
    expect(keys.map(({ use }) => use)).toEqual(['certifies leaves', 'signs tokens']);
    const pem = (await home.must(['keys', 'export'])).stdout;
    expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n$/);
    expect((await home.must(['keys', 'export', '--pem'])).stdout).toBe(pem);
    const jwks = JSON.parse((await home.must(['keys', 'export', '--jwks'])).stdout) as {
      keys: { kid: string }[];
    };
    expect(jwks.keys[0]?.kid).toBe(keys[1]?.name);
    expect((await home.must(['keys', 'list'])).stdout).toMatch(/^NAME +USE/);
  });

  test('export rejects --pem together with --jwks', async () => {
    const home = await dockpassHome();
    expect((await home.cli(['keys', 'export', '--pem', '--jwks'])).status).toBe(2);
  });
});
