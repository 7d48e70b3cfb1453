import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../../support/dockpass/issuer.ts';
import { testAuthority } from '../../../../support/tls/tls.ts';
import { newIssuerKey, startTrustIssuer, type TrustIssuer } from '../../../../support/trust/issuer.ts';
import {
  problemIn,
  startVerifier,
  trustRule,
  type TestVerifier,
} from '../../../../support/trust/verifier.ts';

const authority = await testAuthority();
const [minute, hour] = [60, 3600];

interface Lab extends TestVerifier {
  readonly issuer: TrustIssuer;
  /** Verifies a JWT of the issuer, by default a new one, and returns the problem or `valid`. */
  check(jwt?: string): Promise<string>;
  /** Signs a JWT that does not expire during the test. */
  signLong(): Promise<string>;
}

async function startLab(): Promise<Lab> {
  const clock = fakeClock();
  const issuer = await startTrustIssuer({ clock, authority });
  const verifier = await startVerifier(clock);
  const rule = trustRule(issuer);
  return {
    ...verifier,
    issuer,
    check: async (jwt) => problemIn(await verifier.verify(jwt ?? (await issuer.sign()), rule)),
    signLong: () => issuer.sign({ exp: Math.floor(clock() / 1000) + 31 * 24 * hour }),
  };
}

describe('the key set of an issuer', () => {
  test('is read once for many JWTs at the same time, and not again while it is fresh', async () => {
    const { issuer, check, clock } = await startLab();
    const jwts = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.sign({ index })));
    expect(new Set(await Promise.all(jwts.map(check)))).toEqual(new Set(['valid']));
    clock.advance(49 * minute);
    expect(await check()).toBe('valid');
    expect(issuer.requestCounts).toEqual({ discovery: 1, jwks: 1 });
  });

  test('is read from the URL that the rule names, without discovery', async () => {
    const { issuer, verify } = await startLab();
    const rule = trustRule(issuer, { jwks: issuer.jwksUrl });
    expect(problemIn(await verify(await issuer.sign(), rule))).toBe('valid');
    expect(issuer.requestCounts).toEqual({ discovery: 0, jwks: 1 });
  });

  test('is read again before it is an hour old, and no login waits for that', async () => {
    const { issuer, check, clock } = await startLab();
    expect(await check()).toBe('valid');
    clock.advance(51 * minute);
    const asked = new Promise<() => void>((resolve) => {
      issuer.answer('jwks', (_, response) =>
        resolve(() => void response.end(JSON.stringify(issuer.keySet()))),
      );
    });
    expect(await check()).toBe('valid');
    (await asked)();
    await expect.poll(() => check()).toBe('valid');
    expect(issuer.requestCounts.jwks).toBe(2);
  });

  test('is read before the first login after an hour, so that a withdrawn key does not count', async () => {
    const { issuer, check, clock, signLong } = await startLab();
    const jwt = await signLong();
    expect(await check(jwt)).toBe('valid');
    await issuer.rotate();
    clock.advance(hour);
    expect(await check(jwt)).toBe('unknown key');
  });

  test('is read again for a new key, which counts at its first use', async () => {
    const { issuer, check, clock } = await startLab();
    expect(await check()).toBe('valid');
    clock.advance(30);
    await issuer.addKey();
    expect(await check()).toBe('valid');
  });

  test('is read again if the issuer has replaced a key without changing its `kid`', async () => {
    const { issuer, check, clock } = await startLab();
    expect(await check()).toBe('valid');
    clock.advance(30);
    const replaced = await newIssuerKey('ES256', issuer.keys[0]?.kid);
    issuer.answer('jwks', (_, response) => response.end(JSON.stringify({ keys: [replaced.publicJwk] })));
    expect(await check(await issuer.sign({}, { key: replaced }))).toBe('valid');
  });

  test('drops the cached JWTs of a key that has left it', async () => {
    const { issuer, check, clock, signLong } = await startLab();
    const jwt = await signLong();
    expect(await check(jwt)).toBe('valid');
    clock.advance(31);
    await issuer.rotate();
    expect(await check(jwt)).toBe('valid');
    expect(await check()).toBe('valid');
    expect(await check(jwt)).toBe('unknown key');
  });

  test('must be JSON with an array of keys, and is not used otherwise', async () => {
    for (const text of ['', '<html>', '[]', '{}', '{"keys":{}}', '{"keys":[1]}', 'null']) {
      const { issuer, check, logged } = await startLab();
      issuer.answer('jwks', (_, response) => response.end(text));
      expect(await check()).toBe('keys unavailable');
      expect(logged).toEqual([expect.stringContaining(`cannot read the keys of ${issuer.issuer}`)]);
    }
  });
});

describe('91: while the issuer cannot be reached', () => {
  test('known keys count for an hour and 24 hours more, and no login waits', async () => {
    const { issuer, check, clock, signLong } = await startLab();
    const jwt = await signLong();
    expect(await check(jwt)).toBe('valid');
    await issuer.stop();
    clock.advance(25 * hour - 1);
    expect(await check(jwt)).toBe('valid');
    expect(await check()).toBe('valid');
    clock.advance(1);
    expect(await check(jwt)).toBe('keys unavailable');
    await issuer.start();
    clock.advance(30);
    expect(await check(jwt)).toBe('valid');
  });

  test('known keys count after a restart, and on another server', async () => {
    const { issuer, check, clock, signLong, another } = await startLab();
    const jwt = await signLong();
    expect(await check(jwt)).toBe('valid');
    await issuer.stop();
    clock.advance(24 * hour);
    expect(problemIn(await another().verify(jwt, trustRule(issuer)))).toBe('valid');
    clock.advance(hour);
    expect(problemIn(await another().verify(jwt, trustRule(issuer)))).toBe('keys unavailable');
  });

  test('no JWT is accepted if its keys have never been read, and the log says why once', async () => {
    const { issuer, check, clock, logged } = await startLab();
    await issuer.stop();
    for (let count = 0; count < 5; count += 1) {
      expect(await check()).toBe('keys unavailable');
      clock.advance(30);
    }
    expect(logged).toEqual([expect.stringMatching(/cannot read the keys of .*ECONNREFUSED/)]);
    await issuer.start();
    expect(await check()).toBe('valid');
    expect(logged.at(-1)).toMatch(/the keys of .* can be read again/);
  });

  test('a JWT with a new key can be accepted later', async () => {
    const { issuer, check, clock } = await startLab();
    expect(await check()).toBe('valid');
    clock.advance(30);
    await issuer.addKey();
    await issuer.stop();
    expect(await check()).toBe('keys unavailable');
    await issuer.start();
    clock.advance(30);
    expect(await check()).toBe('valid');
  });
});

describe('91: a flood of JWTs with unknown keys', () => {
  test('causes one download in 30 seconds, whatever their keys are', async () => {
    const { issuer, check, clock } = await startLab();
    expect(await check()).toBe('valid');
    const attacker = await newIssuerKey();
    const flood = async (): Promise<Set<string>> => {
      const jwts = Array.from({ length: 50 }, (_, index) =>
        issuer.sign({}, { key: attacker, header: { kid: `unknown-${index}` } }),
      );
      return new Set(await Promise.all((await Promise.all(jwts)).map(check)));
    };
    expect(await flood()).toEqual(new Set(['unknown key']));
    expect(issuer.requestCounts.jwks).toBe(1);
    for (const downloads of [2, 3]) {
      clock.advance(30);
      expect(await flood()).toEqual(new Set(['unknown key']));
      expect(await flood()).toEqual(new Set(['unknown key']));
      expect(issuer.requestCounts).toEqual({ discovery: downloads, jwks: downloads });
    }
    // A new key of the issuer is accepted 40 seconds after its first use at the latest, in spite of the flood.
    clock.advance(10);
    await issuer.addKey();
    expect(await check()).toBe('unknown key');
    clock.advance(20);
    await flood();
    expect(await check()).toBe('valid');
  });

  test('causes one download in 30 seconds while the issuer cannot be reached', async () => {
    const { issuer, check, clock } = await startLab();
    issuer.answer('discovery', (_, response) => response.writeHead(503).end());
    for (let second = 0; second < 60; second += 1) {
      expect(await check()).toBe('keys unavailable');
      clock.advance(1);
    }
    expect(issuer.requestCounts).toEqual({ discovery: 2, jwks: 0 });
  });
});

describe('servers that share a database', () => {
  test('share the key set: only one of them reads it in each hour', async () => {
    const { issuer, check, clock, another } = await startLab();
    const second = another();
    const checkSecond = async () => problemIn(await second.verify(await issuer.sign(), trustRule(issuer)));
    expect(await check()).toBe('valid');
    expect(await checkSecond()).toBe('valid');
    expect(issuer.requestCounts.jwks).toBe(1);
    clock.advance(hour);
    expect(await checkSecond()).toBe('valid');
    expect(await check()).toBe('valid');
    expect(issuer.requestCounts.jwks).toBe(2);
  });

  test('do not trust a key set of the database that was stored with a clock that is ahead', async () => {
    const { issuer, check, clock, store } = await startLab();
    const source = `${issuer.issuer} `;
    const readAt = Math.floor(clock() / 1000) + 1000 * hour;
    await store.issuerKeys.save({ source, keySet: JSON.stringify(issuer.keySet()), readAt });
    expect(await check()).toBe('valid');
    expect(issuer.requestCounts.jwks).toBe(1);
    expect((await store.issuerKeys.find(source))?.readAt).toBe(Math.floor(clock() / 1000));
  });
});

test('a source of a rule that was removed counts no longer, and one that was added counts at once', async () => {
  const { issuer, verify } = await startLab();
  const jwt = await issuer.sign();
  const discovered = trustRule(issuer);
  const named = trustRule(issuer, { name: 'named', jwks: issuer.jwksUrl });
  const sourcesWith = async (...rules: (typeof named)[]): Promise<readonly string[]> => {
    const verification = await verify(jwt, ...rules);
    return verification.isValid ? verification.sources : [];
  };
  const [first, second] = [`${issuer.issuer} `, `${issuer.issuer} ${issuer.jwksUrl}`];
  expect(await sourcesWith(discovered)).toEqual([first]);
  expect(await sourcesWith(discovered, named)).toEqual([first, second]);
  expect(await sourcesWith(named)).toEqual([second]);
  expect(await sourcesWith()).toEqual([]);
});

test('closing the verifier ends a download', async () => {
  const { issuer, check, verifier } = await startLab();
  const asked = new Promise<void>((resolve) => issuer.answer('jwks', () => resolve()));
  const checked = check();
  await asked;
  await verifier.close();
  expect(await checked).toBe('keys unavailable');
});
