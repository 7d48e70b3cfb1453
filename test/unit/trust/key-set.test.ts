import { describe, expect, test } from 'vitest';
import { formatKeySet, identifyKey, maxKeyCount, parseKeySet } from '../../../src/trust/key-set.ts';

const ec = { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'Ag', kid: 'ec', alg: 'ES256', use: 'sig' };
const rsa = (bits: number) => ({
  kty: 'RSA',
  kid: `rsa-${bits}`,
  n: Buffer.from((1n << BigInt(bits - 1)).toString(16).padStart(bits / 4, '0'), 'hex').toString('base64url'),
  e: 'AQAB',
});
const parse = (...keys: unknown[]) => parseKeySet(JSON.stringify({ keys }));

test('keeps the public members of each key, and nothing else', () => {
  const keySet = parse({ ...ec, x5c: ['AAAA'], x5t: 'A', note: '<script>' });
  expect(keySet).toEqual({ keys: [ec], unused: new Map() });
  expect(typeof keySet === 'string' ? '' : formatKeySet(keySet)).toBe(
    JSON.stringify({
      keys: [{ kty: 'EC', kid: 'ec', use: 'sig', alg: 'ES256', crv: 'P-256', x: 'AQ', y: 'Ag' }],
    }),
  );
});

test('leaves out keys that cannot verify signatures, and says why', () => {
  const keySet = parse(
    ec,
    { ...ec, kid: 'enc', use: 'enc' },
    { kty: 'AKP', kid: 'pq' },
    rsa(2047),
    rsa(2048),
  );
  expect(keySet).toMatchObject({ keys: [{ kid: 'ec' }, { kid: 'rsa-2048' }] });
  expect(typeof keySet === 'string' ? [] : [...keySet.unused]).toEqual([
    ['enc', 'the key is not for signatures'],
    ['pq', 'the type of the key (kty) is none of RSA, EC and OKP'],
    ['rsa-2047', 'the RSA key has 2047 bits; at least 2048 are required'],
  ]);
});

describe('rejects', () => {
  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'a key set with the private member %s',
    (member) => {
      expect(parse(ec, { ...ec, [member]: 'AAAA' })).toMatch(/private or symmetric key \(kid: ec\)/);
      expect(parse({ ...ec, [member]: null })).toMatch(/private or symmetric key/);
    },
  );

  test('a symmetric key, also one without a value', () => {
    expect(parse({ kty: 'oct', kid: 's' })).toMatch(/private or symmetric key \(kid: s\)/);
  });

  test('what is not a key set', () => {
    for (const text of ['', '1', 'null', '[]', '{"keys":null}'])
      expect(parseKeySet(text)).toMatch(/the key set is not/);
    for (const key of [1, null, 'x']) expect(parse(key)).toMatch(/not a key/);
  });

  test('too many keys', () => {
    expect(parse(...Array<unknown>(maxKeyCount + 1).fill(ec))).toBe('the key set has more than 200 keys');
    expect(parse(...Array<unknown>(maxKeyCount).fill(ec))).toMatchObject({ keys: { length: maxKeyCount } });
  });
});

test('accepts an empty key set: its issuer has withdrawn all keys', () => {
  expect(parse()).toEqual({ keys: [], unused: new Map() });
});

test('a key is identified by its value, not by its `kid`', () => {
  expect(identifyKey(ec)).toBe(identifyKey({ ...ec, kid: 'other', alg: 'ES384' }));
  expect(identifyKey(ec)).not.toBe(identifyKey({ ...ec, y: 'Aw' }));
});
