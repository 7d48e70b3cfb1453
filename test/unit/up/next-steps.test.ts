import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { schema } from '../../../src/config/schema.ts';
import type { Config } from '../../../src/config/load.ts';
import { callingName, neededFolder, nextSteps } from '../../../src/up/next-steps.ts';
import { Secret } from '../../../src/secret.ts';
import { repository } from '../../support/run/environment.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import type { TlsChoice } from '../../../src/up/tls/tls-choice.ts';

function steps(settings: object, tls: TlsChoice['kind'], hasUsers = true, setupCode?: Secret): string {
  const config: Config = { ...schema.parse(settings), file: undefined, origins: new Map(), given: '' };
  return nextSteps({
    config,
    tls: { kind: tls } as TlsChoice,
    hasUsers,
    setupCode,
    command: './bin/dockpass',
    folder: "/home/alice's clone",
    authority: undefined,
  }).join('\n');
}

test('starts with the first user, and explains how to configure a public domain', () => {
  const text = steps({}, 'self-signed', false);
  expect(text).toMatch(
    /Next:\n {2}cd '\/home\/alice'\\''s clone'\n {2}\.\/bin\/dockpass user add NAME .*\n {2}docker login localhost:5001\n/,
  );
  expect(text).toContain('--public-domain');
});

test('begins with the link for the first administrator, and says what a browser needs', () => {
  const setup = (settings: object, tls: TlsChoice['kind']) =>
    steps(settings, tls, false, new Secret('the-code')).split('dockpass is up')[0];
  expect(setup({}, 'self-signed')).toBe(
    'There is no administrator yet. To create the first one, open this link within 24 hours:\n  https://localhost:5001/auth/setup#the-code\n',
  );
  const domain = { up: { privateDomains: ['reg.example.com'] } };
  expect(setup(domain, 'off')).toContain(
    '  https://reg.example.com/auth/setup#the-code\nBrowsers sign in only under HTTPS',
  );
  expect(setup({}, 'off')).not.toContain('HTTPS');
  expect(steps({}, 'off')).not.toContain('setup');
});

test.each([
  [
    { publicDomains: ['pub.example.com'], up: { privateDomains: ['reg.example.com'] } },
    'self-signed',
    'docker login reg.example.com:5001',
    'docker pull pub.example.com:5001/hello ',
  ],
  [
    { publicDomains: ['pub.example.com'], up: { port: 443 } },
    'acme',
    'docker login localhost:443',
    'docker pull pub.example.com/hello ',
  ],
  [
    { publicDomains: ['pub.example.com'] },
    'off',
    'docker login YOUR-PRIVATE-DOMAIN',
    'docker pull pub.example.com/hello ',
  ],
  [
    { publicDomains: ['127.0.0.1'] },
    'off',
    'docker login localhost:5001',
    'docker pull 127.0.0.1:5001/hello ',
  ],
  [
    { publicDomains: ['*.example.com:8443'] },
    'self-signed',
    'docker login localhost:5001',
    'docker pull ANY.example.com:8443/hello ',
  ],
] as const)('names %j, tls %s, as clients reach them', (settings, tls, login, pull) => {
  const text = steps(settings, tls);
  expect(text).toContain(`  ${login}\n`);
  expect(text).toContain(`  ${pull}`);
});

test('names the command with which this user can run dockpass, and never npx, which could run another package', async () => {
  const folder = join(await temporaryDirectory(), 'bin');
  const ofNpx = join(await temporaryDirectory(), 'node_modules/.bin');
  for (const path of [folder, ofNpx]) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'dockpass'), '', { mode: 0o755 });
  }
  const clone = resolve(repository);
  expect(callingName(folder, undefined)).toBe('dockpass');
  expect(callingName(ofNpx, 'dockpass.yml', clone)).toBe('./bin/dockpass');
  expect(callingName(ofNpx, undefined, '/elsewhere')).toBe(`${clone}/bin/dockpass`);
  expect(callingName(folder, '/x/my own.yml')).toBe("dockpass --config '/x/my own.yml'");
});

test('names the folder if the database depends on it', () => {
  const settings = (file: string | undefined, ...set: string[]) => ({
    file,
    origins: new Map(set.map((key) => [key, 'environment'] as const)),
  });
  expect(neededFolder(settings(undefined))).toBe(process.cwd());
  expect(neededFolder(settings('dockpass.yml'))).toBe(process.cwd());
  expect(neededFolder(settings('/etc/dockpass/dockpass.yml'))).toBeUndefined();
  expect(neededFolder(settings(undefined, 'database'))).toBeUndefined();
});
