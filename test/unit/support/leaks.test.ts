import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSecretToken } from '../../../src/identity/token/secret-token.ts';
import { searchForLeaks } from '../../support/run/leaks.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// After each test run, a search looks for leaked secrets. These tests check that the search would find them.

const password = 'planted "horse" € battery';

async function found(text: string): Promise<string[]> {
  const directory = await temporaryDirectory('leaks');
  const [evidence, secrets] = [join(directory, 'evidence'), join(directory, 'secrets')];
  mkdirSync(join(evidence, 'logs'), { recursive: true });
  mkdirSync(secrets);
  writeFileSync(join(evidence, 'logs', '1'), `before ${text} after`);
  writeFileSync(join(secrets, '1'), `${Buffer.from(password).toString('base64')}\n`);
  return searchForLeaks(evidence, secrets).leaks.map(({ what }) => what);
}

const form = new URLSearchParams({ password }).toString();
const basic = (name: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const damaged = createSecretToken('dpp_', 20).text.reveal().replace(/.$/, '-');

test.each([
  ['unchanged', password, ['password']],
  ['in JSON', JSON.stringify({ password }), ['password']],
  ['in a query', `?password=${encodeURIComponent(password)}`, ['password']],
  ['in a form', form, ['password']],
  ['in a Basic header', basic('a'), ['password']],
  ['in a Basic header of another name', basic('al'), ['password']],
  ['in a Basic header of a third name', basic('ali'), ['password']],
  ['an access token', createSecretToken('dpp_', 20).text.reveal(), ['token']],
  ["a robot's secret", createSecretToken('dpr_', 20).text.reveal(), ['token']],
  ['a refresh token', createSecretToken('dpi_', 20).text.reveal(), ['token']],
  ['a signed token', `eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJkb2NrcGFzcyJ9.${'s'.repeat(86)}`, ['signed token']],
  ['a damaged token', damaged, []],
  ['half of the password', password.slice(0, 12), []],
])('searches a log for secrets: %s', async (_what, text, leaks) => {
  expect(await found(text)).toEqual(leaks);
});
