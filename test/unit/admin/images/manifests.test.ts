import { describe, expect, test } from 'vitest';
import { kindOf, parseReferrerTag, referrerTagsOf } from '../../../../src/admin/images/manifest-kind.ts';
import { parseManifest, timeOf } from '../../../../src/admin/images/parse-manifest.ts';

const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;
const parse = (value: unknown) =>
  parseManifest(
    digest,
    'application/json',
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  );
const layer = (mediaType: string) => ({ mediaType, digest, size: 1 });

describe('a manifest', () => {
  test.each(['', 'x', 'null', '[]', '"text"', '1', '{"a":'])('is not read from %j', (content) => {
    expect(parse(content)).toBeUndefined();
  });

  test('is read without the members that have a wrong type', () => {
    const manifest = parse({
      mediaType: 7,
      artifactType: ['x'],
      subject: { digest: '../../etc' },
      config: { digest, size: -1, mediaType: null, platform: { os: 'linux' } },
      layers: [null, 1, { digest: 'sha256:short' }, { digest, size: '9' }, { digest, size: 2 ** 60 }],
      annotations: { good: 'text', bad: 1, __proto__: { polluted: 'yes' } },
    });
    expect(manifest).toMatchObject({
      mediaType: 'application/json',
      artifactType: null,
      subject: null,
      config: { digest, size: 0, mediaType: '', platform: null },
      layers: [
        { digest, size: 0 },
        { digest, size: 0 },
      ],
      manifests: undefined,
      annotations: { good: 'text' },
    });
  });

  test('is read with at most 1000 layers, and with texts of at most 1024 characters', () => {
    const manifest = parse({
      layers: Array.from({ length: 5000 }, () => layer('x'.repeat(5000))),
      annotations: Object.fromEntries(
        Array.from({ length: 500 }, (_, at) => [`key-${at}`, 'y'.repeat(5000)]),
      ),
    });
    expect(manifest?.layers).toHaveLength(1000);
    expect(manifest?.layers[0]?.mediaType).toHaveLength(1024);
    expect(Object.keys(manifest?.annotations ?? {})).toHaveLength(100);
  });

  const image = layer('application/vnd.oci.image.config.v1+json');
  test.each([
    ['image', { config: image, layers: [layer('application/vnd.oci.image.layer.v1.tar+gzip')] }],
    ['image', { config: layer('application/vnd.docker.container.image.v1+json') }],
    ['index', { manifests: [] }],
    ['signature', { config: image, layers: [layer('application/vnd.dev.cosign.simplesigning.v1+json')] }],
    ['signature', { artifactType: 'application/vnd.cncf.notary.signature', config: layer('x') }],
    ['signature', { artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }],
    ['attestation', { config: image, layers: [layer('application/vnd.in-toto+json')] }],
    ['sbom', { artifactType: 'application/spdx+json' }],
    ['chart', { config: layer('application/vnd.cncf.helm.config.v1+json') }],
    ['artifact', { artifactType: 'application/vnd.example', config: image }],
    ['artifact', {}],
  ])('is recognized as %s', (kind, value) => {
    const manifest = parse(value);
    expect(manifest && kindOf(manifest)).toBe(kind);
  });
});

describe('a tag of a referrer', () => {
  test.each([
    [`sha256-${hex}.sig`, { subject: digest, kind: 'signature' }],
    [`sha256-${hex}.att`, { subject: digest, kind: 'attestation' }],
    [`sha256-${hex}.sbom`, { subject: digest, kind: 'sbom' }],
    [`sha256-${hex}`, { subject: digest, kind: 'referrers' }],
    [`sha256-${hex}.other`, undefined],
    ['sha256-abc.sig', undefined],
    [`v1-sha256-${hex}.sig`, undefined],
    ['latest', undefined],
  ])('%s', (tag, expected) => {
    expect(parseReferrerTag(tag)).toEqual(expected);
    if (expected !== undefined) expect(referrerTagsOf(digest)).toContain(tag);
  });
});

test.each([
  ['2026-05-04T03:02:01.5+02:00', '2026-05-04T01:02:01.500Z'],
  ['0001-01-01T00:00:00Z', null],
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ['yesterday', null],
  ['9999999-01-01', null],
  [5, null],
])('the time %j is %j', (value, expected) => {
  expect(timeOf(value)).toBe(expected);
});
