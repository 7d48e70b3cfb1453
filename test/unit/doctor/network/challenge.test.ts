import { describe, expect, it } from 'vitest';
import { parseChallenges, parseRealm } from '../../../../src/doctor/network/challenge.ts';
import { parseResolution } from '../../../../src/doctor/domains.ts';

const answer = (challenge: string) => ({ status: 401, headers: { 'www-authenticate': challenge }, body: '' });
const bearer = 'Bearer realm="https://reg.test/auth/token",service="registry"';

describe('a challenge', () => {
  it('of a registry is read', () => {
    expect(parseRealm(answer(bearer))).toEqual({ realm: 'https://reg.test/auth/token', service: 'registry' });
  });

  it('says what was wrong with a token', () => {
    const [challenge] = parseChallenges(answer(`${bearer},error="invalid_token"`));
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } });
  });

  it.each([`Basic realm="door"`, `${bearer}, Basic realm="door"`, `Basic realm="door", ${bearer}`, ''])(
    'that is not one Bearer alone breaks clients: %s',
    (text) => {
      expect(parseRealm(answer(text))).toBeUndefined();
    },
  );

  it('of two is taken apart', () => {
    const schemes = parseChallenges(answer(`Basic realm="door, front", ${bearer}`)).map(
      ({ scheme }) => scheme,
    );
    expect(schemes).toEqual(['basic', 'bearer']);
  });
});

describe('--resolve', () => {
  it.each([
    ['pull.test:443:192.0.2.7', { host: 'pull.test', port: 443, address: '192.0.2.7' }],
    ['Pull.test:5001:[2001:db8::1]', { host: 'pull.test', port: 5001, address: '2001:db8::1' }],
    ['pull.test:443:elsewhere.test', undefined],
    ['pull.test:192.0.2.7', undefined],
  ])('%s', (text, wanted) => {
    expect(parseResolution(text)).toEqual(wanted);
  });
});
