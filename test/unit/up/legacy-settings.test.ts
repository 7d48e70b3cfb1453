import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { loadUpConfig } from '../../../src/up/legacy-settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

async function load(
  environment: Record<string, string>,
  flags: Record<string, unknown> = {},
  yaml = 'service: registry\n',
) {
  const file = join(await temporaryDirectory(), 'dockpass.yml');
  await writeFile(file, yaml);
  return loadUpConfig({ file, environment, flags });
}

test('reads user, pass and public_domain, and expects a TLS proxy in front', async () => {
  const { config, admin } = await load({
    user: 'Boss',
    pass: 'short',
    public_domain: 'a.example.com, *.b.example.com',
  });
  expect(admin).toMatchObject({ name: 'boss' });
  expect(admin?.password.reveal()).toBe('short');
  expect(config.publicDomains.map(({ name }) => name)).toEqual(['a.example.com', 'b.example.com']);
  expect(config.up).toMatchObject({ tls: 'off', port: 5001 });
  expect(config.origins.get('publicDomains')).toBe('environment');
  expect(config.origins.get('up.tls')).toBe('environment');
});

test('a configured up.tls has priority over the default for these variables', async () => {
  expect((await load({ public_domain: 'a.example.com' }, { 'up.tls': 'self-signed' })).config.up.tls).toBe(
    'self-signed',
  );
  expect((await load({ public_domain: 'a.example.com' }, {}, 'up: { tls: acme }\n')).config.up.tls).toBe(
    'acme',
  );
  expect((await load({})).config.up.tls).toBe('self-signed');
});

test('DOCKPASS_PUBLIC_DOMAINS has priority over public_domain', async () => {
  const { config } = await load({ public_domain: 'a.example.com', DOCKPASS_PUBLIC_DOMAINS: 'b.example.com' });
  expect(config.publicDomains.map(({ name }) => name)).toEqual(['b.example.com']);
});

test('requires user and pass together', async () => {
  await expect(load({ user: 'boss' })).rejects.toThrow('"user" is set, but "pass" is not');
  await expect(load({ pass: 'x' })).rejects.toThrow('"pass" is set, but "user" is not');
});

test('a line ending from a mounted secret is not part of the name and the password', async () => {
  const { admin } = await load({ user: 'boss\n', pass: 'short\r\n' });
  expect([admin?.name, admin?.password.reveal()]).toEqual(['boss', 'short']);
});

test.each([
  ['two\nlines\n', 'control character'],
  ['tab\there', 'control character'],
  ['\n', 'has 0 characters'],
  ['not UTF-8 \uFFFD', 'not a text in UTF-8'],
  ['dpp_my-password', 'begins with dpp_, which is reserved'],
  ['dpr_my-password', 'begins with dpr_, which is reserved'],
  ['x'.repeat(1025), 'longer than 1024 bytes'],
])('rejects %j as "pass", because no client could log in with it', async (pass, reason) => {
  const error: unknown = await load({ user: 'boss', pass }).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'bad_configuration' });
  expect(String(error)).toMatch(/the value of the environment variable "pass" cannot be used: the password /);
  expect(String(error)).toContain(reason);
});
