import fc from 'fast-check';
import { expect, test } from 'vitest';
import { basicCredentials } from '../../../src/http/basic-credentials.ts';

/** The grammar of the header, as a pattern. */
const grammar = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

function read(authorization: string): string | undefined {
  try {
    const credentials = basicCredentials(authorization);
    return credentials.kind === 'password'
      ? `${credentials.name}:${credentials.password.reveal()}`
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the header by its grammar alone. */
function readByGrammar(authorization: string): string | undefined {
  const bytes = Buffer.from(grammar.exec(authorization)?.[1] ?? '', 'base64');
  const text = bytes.toString();
  const isReadable = Buffer.from(text).equals(bytes) && text.indexOf(':') > 0;
  return isReadable && !/[\0-\x1f\x7f]/.test(text) ? text : undefined;
}

const encoded = fc
  .tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.string({ maxLength: 9, unit: 'binary' }))
  .map((pair) => Buffer.from(pair.join(':')).toString('base64'));
const header = fc
  .tuple(
    fc.constantFrom('Basic ', 'basic  ', 'BASIC ', 'Basic', 'Bearer ', ' Basic '),
    encoded,
    fc.constantFrom('', '', '', ' ', '=', '==', '===', '-', '_', '!', '\t', '= ='),
    fc.nat(20),
  )
  .map(([scheme, text, put, at]) => scheme + text.slice(0, at) + put + text.slice(at));

test('accepts exactly the headers of the grammar', () => {
  let accepted = 0;
  fc.assert(
    fc.property(header, (text) => {
      const expected = readByGrammar(text);
      if (expected !== undefined) accepted++;
      expect(read(text)).toBe(expected);
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

test.each([
  ['YTpi', 'a:b'],
  ['YTpiYg==', 'a:bb'],
  ['YTpiYg', 'a:bb'],
  ['YTpiYg=', 'a:bb'],
])('reads base64 with and without padding: %s', (text, credentials) => {
  expect(read(`Basic ${text}`)).toBe(credentials);
});
