import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DockpassError } from '../../src/errors.ts';
import { parseScope, parseScopes } from '../../src/scope/parse-scopes.ts';
import { formatScope } from '../../src/scope/scope.ts';
import { anyText } from '../support/policy/arbitraries.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

test('each of 10^6 texts is parsed or rejected with bad_scope, and no other error occurs', async () => {
  let read = 0;
  let refused = 0;
  const drawn = fc.array(fc.tuple(anyText, fc.nat()), { minLength: 50, maxLength: 50 });
  const property = fc.property(drawn, (texts) => {
    for (const [text, seed] of texts) {
      for (const near of nearby(text, seed)) {
        const outcome = outcomeOf(near);
        if (outcome === 'read') read += 1;
        else refused += 1;
      }
    }
  });
  await fuzz(property, 1000);
  expect(read + refused).toBeGreaterThanOrEqual(1_000_000);
  // Make sure that enough of the texts were valid, and enough of them invalid.
  expect(Math.min(read, refused)).toBeGreaterThan(100_000);
});

/** Returns the text and 19 variants, in which characters are removed, doubled or replaced, once or several times. */
function nearby(text: string, seed: number): string[] {
  const odd = [
    ':',
    ',',
    '/',
    ' ',
    '*',
    '(',
    ')',
    '.',
    '-',
    '_',
    'a',
    'Z',
    '0',
    '%',
    'é',
    '\0',
    '\n',
    '\ud800',
  ];
  const texts = [text];
  let random = seed;
  const next = (below: number): number =>
    // The low bits of this random generator repeat too soon, so they are dropped.
    ((random = (random * 1_103_515_245 + 12_345) & 0x7fffffff) >>> 8) % (below + 1);
  while (texts.length < 20) {
    const from = texts[next(texts.length - 1)] ?? '';
    const at = next(from.length);
    const put = [``, from.slice(at, at + 2), odd[next(odd.length - 1)] ?? ''][next(2)] ?? '';
    texts.push(from.slice(0, at) + put + from.slice(at + 1));
  }
  return texts;
}

/** Parses the text and checks the result, but without `expect`, which would take most of the time. */
function outcomeOf(text: string): 'read' | 'refused' {
  try {
    const scopes = parseScopes([text]);
    for (const scope of scopes) {
      const written = formatScope(scope);
      if (/[^\x21-\x7e]/.test(written)) throw new Error(`${JSON.stringify(text)} was read as ${written}`);
      if (formatScope(parseScope(written)) !== written)
        throw new Error(`${written} changes when it is parsed and formatted`);
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'bad_scope') throw error;
    // The message is written to terminals and logs, so it must not contain control characters.
    if (/[\0-\x1f]/.test(error.message))
      throw new Error(`control characters in message: ${JSON.stringify(error.message)}`, { cause: error });
    return 'refused';
  }
}
