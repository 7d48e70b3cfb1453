import { expect, test } from 'vitest';
import { Secret } from '../../../../src/secret.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { countSignatures } from '../../../support/trust/count-signatures.ts';
import { startTrustIssuer } from '../../../support/trust/issuer.ts';
import { problemIn, startVerifier, trustRule } from '../../../support/trust/verifier.ts';

const clock = fakeClock();
const issuer = await startTrustIssuer({ clock });
const rule = trustRule(issuer);

test('10,000 equal logins at once cost one verification, and later ones cost none', async () => {
  const { verifier } = await startVerifier(clock);
  const signatures = countSignatures();
  const jwt = new Secret(await issuer.sign());
  const rules = [rule];
  const verifyAll = async (): Promise<Set<string>> => {
    const all = Array.from({ length: 10_000 }, () => verifier.verify(jwt, rules));
    return new Set((await Promise.all(all)).map(problemIn));
  };
  expect(await verifyAll()).toEqual(new Set(['valid']));
  expect(signatures()).toBe(1);
  expect(await verifyAll()).toEqual(new Set(['valid']));
  expect(signatures()).toBe(1);
  expect(issuer.requestCounts).toEqual({ discovery: 1, jwks: 1 });
});

test('many JWTs are cached side by side', async () => {
  const { verify } = await startVerifier(clock);
  const signatures = countSignatures();
  const jwts = await Promise.all(Array.from({ length: 1000 }, (_, index) => issuer.sign({ index })));
  for (const round of [1, 2]) {
    const all = await Promise.all(jwts.map((jwt) => verify(jwt, rule)));
    expect(all.map((each) => (each.isValid ? each.claims['index'] : each.problem))).toEqual(
      jwts.map((_, index) => index),
    );
    expect([round, signatures()]).toEqual([round, 1000]);
  }
});

test('a cached JWT counts until it expires', async () => {
  const { verify } = await startVerifier(clock);
  const jwt = await issuer.sign();
  expect(problemIn(await verify(jwt, rule))).toBe('valid');
  clock.advance(300 + 59);
  expect(problemIn(await verify(jwt, rule))).toBe('valid');
  clock.advance(1);
  expect(problemIn(await verify(jwt, rule))).toBe('expired');
});

test('a cached JWT is rejected as soon as no rule accepts its audience', async () => {
  const { verify } = await startVerifier(clock);
  const jwt = await issuer.sign();
  expect(problemIn(await verify(jwt, rule))).toBe('valid');
  expect(problemIn(await verify(jwt, { ...rule, audiences: ['elsewhere.example.com'] }))).toBe('audience');
  expect(problemIn(await verify(jwt, rule))).toBe('valid');
});

test('a wrong JWT is not cached: it is verified each time, and does not displace valid ones', async () => {
  const { verify } = await startVerifier(clock);
  const signatures = countSignatures();
  const jwt = await issuer.sign();
  const wrong = `${jwt.slice(0, -8)}AAAAAAAA`;
  for (const verified of [1, 2]) {
    expect(problemIn(await verify(wrong, rule))).toBe('signature');
    expect(signatures()).toBe(verified);
  }
});
