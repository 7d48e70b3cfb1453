import { describe, expect, test } from 'vitest';
import { machineName } from '../../../src/cli/actions/login.ts';
import { pathOf } from '../../../src/cli/remote/api-client.ts';
import { connectionError } from '../../../src/cli/remote/connection-error.ts';
import { isReadableInNetwork, parseServerUrl } from '../../../src/cli/remote/server-url.ts';
import { parseNewTokenName } from '../../../src/identity/user-name.ts';

test.each([
  ['build1', 'build1'],
  ['Alices-MacBook.local', 'alices-macbook.local'],
  ['Büro PC!', 'b-ro-pc'],
  ['-', 'machine'],
  ['x'.repeat(100), 'x'.repeat(60)],
])('the machine %s gives a valid name of a token', (host, name) => {
  expect(machineName(host)).toBe(name);
  expect(parseNewTokenName(`cli@${machineName(host)}`)).toBe(`cli@${name}`);
});

describe('the address of a server', () => {
  test.each([
    ['registry.example.com', 'https://registry.example.com'],
    ['HTTPS://Registry.Example.com:443/', 'https://registry.example.com'],
    ['http://localhost:5001/auth/', 'http://localhost:5001'],
    ['https://registry.example.com/auth/api/v1/', 'https://registry.example.com'],
  ])('%s is %s', (text, origin) => {
    expect(parseServerUrl(text, '--url').origin).toBe(origin);
  });

  test.each([
    '',
    'file:///etc',
    'https://',
    'https://a@b',
    'https://b/auth/../x',
    'https://b/?q',
    'javascript:x',
  ])('%s is rejected', (text) => {
    expect(() => parseServerUrl(text, '--url')).toThrow(/^--url must/);
  });

  test('is readable in the network with plain HTTP, unless it is this machine', () => {
    const readable = ['http://registry.example.com', 'http://10.0.0.1:5001'];
    const safe = [
      'https://registry.example.com',
      'http://localhost:1',
      'http://127.0.0.1:1',
      'http://[::1]:1',
    ];
    for (const url of readable) expect(isReadableInNetwork(new URL(url))).toBe(true);
    for (const url of safe) expect(isReadableInNetwork(new URL(url))).toBe(false);
  });
});

test('a name is always one part of the path', () => {
  const path = (name: string) => new URL(`/users${pathOf(name)}`, 'http://x').pathname;
  expect(path('team/app')).toBe('/users/team%2Fapp');
  for (const name of ['..', '.', '']) expect(path(name)).toMatch(/^\/users\/\.{0,2}%20$/);
  expect(path('a?b#c')).toBe('/users/a%3Fb%23c');
});

test.each([
  ['CERT_HAS_EXPIRED', 'server_certificate', /has expired/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'server_certificate', /another host name/],
  ['ENOTFOUND', 'server_unreachable', /the host name does not exist/],
  ['ETIMEDOUT', 'server_unreachable', /no answer in time/],
  ['EWHATEVER', 'server_unreachable', /something new/],
])('the error %s of the network is %s', (code, expected, message) => {
  const cause = Object.assign(new Error('something new'), { code });
  const error = connectionError(new URL('https://registry.example.com'), cause);
  expect(error).toMatchObject({ code: expected, message: expect.stringMatching(message) as string });
  expect(error.message).toContain('https://registry.example.com');
});
