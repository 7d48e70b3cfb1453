import { expect, test } from 'vitest';
import { formatClaim, listClaims, listConditions } from '../../../../src/console/model/trust/claim-text.ts';

// Attack 129: anyone who starts a job chooses the values of claims such as the name of a branch.
test('shows characters that hide or reverse text as escapes', () => {
  expect(formatClaim('main\u202egpj.exe')).toBe(String.raw`main\u202egpj.exe`);
  expect(formatClaim('a\u200bb\u0000\n')).toBe(String.raw`a\u200bb\u0000\u000a`);
  expect(formatClaim('\u{e0041}')).toBe(String.raw`\u{e0041}`);
  expect(formatClaim('\ud800')).toBe(String.raw`\ud800`);
  expect(formatClaim('Zürich 東京 “x” <b>')).toBe('Zürich 東京 “x” <b>');
});

test('shortens long values', () => {
  expect(formatClaim('x'.repeat(100_000))).toBe(`${'x'.repeat(500)}… (100000 characters)`);
});

test('lists nested claims by the path that a rule names', () => {
  const claims = {
    iss: 'https://id.example.com',
    'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'web', uid: 'u-1' } },
    aud: ['a', 'b'],
    empty: {},
    ref_protected: true,
  };
  expect(listClaims(claims).map(({ name, value }) => `${name}=${value}`)).toEqual([
    'iss=https://id.example.com',
    'kubernetes.io/namespace=shop',
    'kubernetes.io/serviceaccount/name=web',
    'kubernetes.io/serviceaccount/uid=u-1',
    'aud=["a","b"]',
    'empty={}',
    'ref_protected=true',
  ]);
});

test('survives a claim that is nested without an end', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`);
  expect(listClaims({ deep })).toHaveLength(1);
});

test('shows the times of a token as times, and nonsense as it is', () => {
  expect(listClaims({ exp: 1_800_000_000, iat: 1e300, nbf: 'soon' }).map(({ value }) => value)).toEqual([
    '1800000000 (2027-01-15 08:00:00Z)',
    '1e+300',
    'soon',
  ]);
});

test('lists the accepted values of each condition', () => {
  expect(listConditions({ ref: 'main', id: ['1', '2'] })).toEqual([
    { claim: 'ref', accepted: ['main'] },
    { claim: 'id', accepted: ['1', '2'] },
  ]);
});
