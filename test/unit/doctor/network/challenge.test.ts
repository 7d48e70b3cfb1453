import { describe, expect, test } from 'vitest';
import { parseChallenges, parseRealm } from '../../../../src/doctor/network/challenge.ts';
import { parseResolution } from '../../../../src/doctor/domains.ts';

const answer = (challenge: string) => ({ status: 401, headers: { 'www-authenticate': challenge }, body: '' });
const bearer = 'Bearer realm="https://reg.test/auth/token",service="registry"';

describe('a challenge', () => {
  test('of a registry is parsed', () => {
    expect(parseRealm(answer(bearer))).toEqual({ realm: 'https://reg.test/auth/token', service: 'registry' });
  });

  test('has the error that the registry found in a token', () => {
    const [challenge] = parseChallenges(answer(`${bearer},error="invalid_token"`));
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } });
  });

  test.each([
    `Basic realm="registry"`,
    `${bearer}, Basic realm="registry"`,
    `Basic realm="registry", ${bearer}`,
    '',
  ])('is rejected if it is not a single Bearer challenge, because clients need that: %s', (text) => {
    expect(parseRealm(answer(text))).toBeUndefined();
  });

  test('with two schemes is split into both', () => {
    const schemes = parseChallenges(answer(`Basic realm="registry, edge", ${bearer}`)).map(
      ({ scheme }) => scheme,
    );
    expect(schemes).toEqual(['basic', 'bearer']);
  });
});

describe('--resolve', () => {
  test.each([
    ['pull.test:443:192.0.2.7', { host: 'pull.test', port: 443, address: '192.0.2.7' }],
    ['Pull.test:5001:[2001:db8::1]', { host: 'pull.test', port: 5001, address: '2001:db8::1' }],
    ['pull.test:443:elsewhere.test', undefined],
    ['pull.test:192.0.2.7', undefined],
  ])('parses %s', (text, wanted) => {
    expect(parseResolution(text)).toEqual(wanted);
  });
});
