import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesTag, parseTagPattern, type TagPattern } from '../../../../src/policy/tags/tag-pattern.ts';
import { loadConfig } from '../../../../src/config/load.ts';

/** Converts a part of a pattern to an equivalent regular expression. */
function reference(pattern: string): RegExp {
  const source = (pattern.match(/\*+|[^*]/g) ?? []).map((piece) => {
    if (piece.length > 1) return '[\\s\\S]*';
    return piece === '*' ? '[^/]*' : piece.replace(/[.+-]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`);
}

function mustParse(text: string): TagPattern {
  const pattern = parseTagPattern(text);
  if (pattern === undefined) throw new Error(`${text} is not valid`);
  return pattern;
}

const words = (pieces: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength }).map((parts) => parts.join(''));
const repositoryPattern = words(['a', 'b', '/', '-', '*', '**'], 6);
const tagPattern = words(['v', '1', 'V', '.', '-', '_', '*', '**'], 6);
const repository = fc
  .array(words(['a', 'b', 'a-b'], 3), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const tag = fc
  .tuple(fc.constantFrom('v', '1', 'V', '_'), fc.array(fc.constantFrom('v', '1', 'V', '.', '-', '_')))
  .map(([first, rest]) => first + rest.join(''));

describe('patterns for tags', () => {
  test('match what the equivalent regular expressions match, and accept every pattern that matches a tag', () => {
    let matched = 0;
    fc.assert(
      fc.property(repositoryPattern, tagPattern, repository, tag, (names, tags, name, candidate) => {
        const expected = reference(names).test(name) && reference(tags).test(candidate);
        const pattern = parseTagPattern(`${names}:${tags}`);
        if (expected) matched++;
        expect(pattern !== undefined && matchesTag([pattern], name, candidate)).toBe(expected);
      }),
      { numRuns: 30_000 },
    );
    expect(matched).toBeGreaterThan(300);
  });

  test('no text makes the parser fail, and what it accepts has both parts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const pattern = parseTagPattern(text);
        if (pattern !== undefined) expect(`${pattern.repository.text}:${pattern.tag.text}`).toBe(text);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    '',
    ':',
    'release',
    'release/**',
    ':v1',
    'a:',
    'a:b/c',
    'a:-v',
    'a:.v',
    'a:v 1',
    'a/B:v1',
    'a//b:v1',
  ])('rejects %j, which matches no tag', (text) => expect(parseTagPattern(text)).toBeUndefined());

  test('reads the tag after the last colon', () => {
    const pattern = mustParse('localhost:5000/app:v*');
    expect(matchesTag([pattern], 'localhost:5000/app', 'v1')).toBe(true);
    expect(matchesTag([pattern], 'app', 'v1')).toBe(false);
  });

  test('distinguishes upper and lower case in tags, as the registry does', () => {
    expect(matchesTag([mustParse('a:v1')], 'a', 'V1')).toBe(false);
  });

  test('are read from the environment, and an invalid one is an error', async () => {
    const load = (text: string) => loadConfig({ environment: { DOCKPASS_IMMUTABLE_TAGS: text } });
    expect((await load('release/**:v*, "app:latest"')).immutableTags.map(({ text }) => text)).toEqual([
      'release/**:v*',
      'app:latest',
    ]);
    await expect(load('release/**')).rejects.toThrow(
      /DOCKPASS_IMMUTABLE_TAGS: must be a repository pattern, a colon and a tag pattern, such as release\/\*\*:v\*/,
    );
  });
});
