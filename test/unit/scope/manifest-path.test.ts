import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseManifestPath } from '../../../src/scope/manifest-path.ts';
import { scopesForRoute } from '../../../src/scope/registry-route.ts';

const segment = fc.constantFrom('a', 'b.c', 'manifests', 'blobs', 'uploads', 'v1', '1-2');
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const reference = fc.constantFrom('v1', 'V1.0', '_x', `sha256:${'0'.repeat(64)}`, 'manifests', 'uploads');
/** What a client can write in place of a slash or a letter, so that the registry reads the same path. */
const slash = fc.constantFrom('/', '//', '%2F', '/./', '/x/../', '%2f');
const letter = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((encoded) =>
      [...text]
        .map((character, index) =>
          encoded[index] === true && character !== '/'
            ? `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
            : character,
        )
        .join(''),
    );

describe('the path of a manifest', () => {
  test('is found in every spelling, and exact only if the registry serves it', () => {
    const spelled = fc.tuple(name, reference).chain(([repository, target]) => {
      const parts = ['v2', ...repository.split('/'), 'manifests', target];
      return fc
        .tuple(
          fc.tuple(...parts.map(letter)),
          fc.array(slash, { minLength: parts.length, maxLength: parts.length }),
        )
        .map(([words, slashes]) => ({
          ...{ repository, target },
          path: words.map((word, index) => `${slashes[index] ?? '/'}${word}`).join(''),
        }));
    });
    fc.assert(
      fc.property(spelled, ({ repository, target, path }) => {
        const found = parseManifestPath(path);
        expect(found).toMatchObject({ repository, reference: target });
        expect(found?.tag).toBe(target.includes(':') ? undefined : target);
        expect(found?.path).toBe(`/v2/${repository}/manifests/${target}`);
        expect(found?.isExact).toBe(scopesForRoute('PUT', path)?.[0]?.name === repository);
      }),
      { numRuns: 5000 },
    );
  });

  test('is the path of no upload of a layer', () => {
    fc.assert(
      fc.property(name, reference, (repository, id) => {
        expect(parseManifestPath(`/v2/${repository}/blobs/uploads/${id}`)).toBeUndefined();
      }),
    );
  });

  test.each([
    '',
    '/',
    '/v2/',
    '/v2/manifests/v1',
    '/v2/a/manifests/',
    '/v2/a/manifests/-v',
    '/v2/A/manifests/v',
    '/v2/a/manifests/%',
    '/v2/a/manifests/v%0a',
    '/v3/a/manifests/v',
    `/v2/${'a/'.repeat(600)}manifests/v`,
  ])('is not %j', (path) => expect(parseManifestPath(path)).toBeUndefined());
});
