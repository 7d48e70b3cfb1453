import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { messageOf } from '../../../src/errors.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

describe('a misspelled setting', () => {
  test.each([
    ['publicDomain: [a.test]', 'publicDomains'],
    ['pubilcDomains: [a.test]', 'publicDomains'],
    ['publicdomains: [a.test]', 'publicDomains'],
    ['leafLifetime: 90d', 'keys.leafLifetime'],
    ['keys: { rotatBefore: 30d }', 'rotateBefore'],
    ['tokens: { refresh: { enable: true } }', 'enabled'],
    ['policy: [{ alow: [pull], to: users, on: "**" }]', 'allow'],
  ])('for %s, suggests %s', async (text, meant) => {
    expect(await faultsOf(text)).toContainEqual(
      expect.stringMatching(
        new RegExp(`dockpass\\.yml:1: .*: there is no such setting\\. Did you mean ${meant}\\?$`),
      ),
    );
  });

  test('in the environment is reported by the name of the variable', async () => {
    const environment = { DOCKPASS_PUBLIC_DOMAIN: 'a.test' };
    expect(await faultsOf('', environment)).toEqual([
      'DOCKPASS_PUBLIC_DOMAIN: there is no such setting. Did you mean DOCKPASS_PUBLIC_DOMAINS?',
    ]);
  });

  test('that is similar to no setting is reported without a suggestion', async () => {
    expect(await faultsOf('colour: red')).toEqual([
      expect.stringMatching(/:1: colour: there is no such setting$/),
    ]);
  });
});

test.each(['lots', '4GB', '-1', '1.5', '"4 GiB"'])('a size of %s is rejected', async (size) => {
  expect(await faultsOf(`audit: { maxBytes: ${size} }`)).toEqual([
    expect.stringMatching(
      /:1: audit\.maxBytes: must be a size such as 500MiB or 4GiB, or a number of bytes$/,
    ),
  ]);
});

test.each([
  ['500MiB', 500 * 1024 * 1024],
  ['1000', 1000],
])('the size %s is %s bytes', async (size, bytes) => {
  const file = join(await temporaryDirectory(), 'dockpass.yml');
  await writeFile(file, `audit: { maxBytes: ${size} }`);
  const config = await loadConfig({ file, environment: {} });
  expect(config.audit.maxBytes).toBe(bytes);
});

describe('settings that contradict each other', () => {
  test('are all reported at once, each with its line', async () => {
    const faults = await faultsOf(
      [
        'publicDomains: [pub.test, "*.pub.test"]',
        'listen: 127.0.0.1:5002',
        'operations: { listen: 127.0.0.1:5002 }',
        'keys:',
        '  leafLifetime: 30d',
        '  rotateBefore: 30d',
        '  authority: { certificate: ca.crt }',
        'up:',
        '  privateDomains: [team.pub.test, other.test]',
      ].join('\n'),
    );
    expect(faults).toEqual([
      expect.stringMatching(/:6: keys\.rotateBefore: must be less than keys\.leafLifetime \(30d\)/),
      expect.stringMatching(/:7: keys\.authority\.certificate: is set, but keys\.authority\.key is not\. /),
      expect.stringMatching(/:9: up\.privateDomains\.0: matches publicDomains\[1\]/),
      expect.stringMatching(
        /:3: operations\.listen: must not have the same address and port as the setting "listen"/,
      ),
    ]);
  });

  test.each([
    'publicDomains: ["*.pub.test"]\nup: { privateDomains: [pub.test] }',
    'publicDomains: ["pub.test:8443"]\nup: { privateDomains: [pub.test] }',
    'publicDomains: [a.pub.test]\nup: { privateDomains: ["*.pub.test"] }',
    'listen: 127.0.0.1:0\noperations: { listen: 127.0.0.1:0 }',
  ])('are not reported for valid settings: %s', async (text) => {
    expect(await faultsOf(text)).toEqual([]);
  });
});

async function faultsOf(text: string, environment: Record<string, string> = {}): Promise<string[]> {
  const file = join(await temporaryDirectory(), 'dockpass.yml');
  await writeFile(file, text);
  return loadConfig({ file, environment }).then(
    () => [],
    (error: unknown) => messageOf(error).split('\n'),
  );
}
