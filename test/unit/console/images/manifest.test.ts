import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../../src/console/model/images/manifest.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

test('adds up the configuration and all layers of an image', () => {
  const manifest = readManifest({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { digest: digest('c'), size: 1000, mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [
      { digest: digest('1'), size: 3_000_000, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
      { digest: digest('2'), size: 20, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
    ],
  });
  expect(manifest).toMatchObject({ kind: 'image', size: 3_001_020 });
});

test('takes the type from the header if an OCI manifest leaves it out', () => {
  const manifest = readManifest({ manifests: [] }, 'application/vnd.oci.image.index.v1+json; charset=utf-8');
  expect(manifest).toMatchObject({ kind: 'index', mediaType: 'application/vnd.oci.image.index.v1+json' });
});

test('separates the attestations of buildx from the platforms of an index', () => {
  const manifest = readManifest({
    manifests: [
      { digest: digest('a'), size: 500, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: digest('b'), size: 500, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      {
        digest: digest('d'),
        size: 840,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': digest('a'),
        },
      },
    ],
  });
  expect(manifest.kind === 'index' && manifest.images.map(({ digest: of }) => of)).toEqual([
    digest('a'),
    digest('b'),
  ]);
  expect(manifest.kind === 'index' && manifest.attestations.map(({ about }) => about)).toEqual([digest('a')]);
});

describe('a manifest that another program wrote badly', () => {
  test.each([null, 'text', 7, [], {}, { schemaVersion: 1, fsLayers: [] }])(
    '%j is of an unknown kind',
    (json) => {
      expect(readManifest(json).kind).toBe('unknown');
    },
  );

  test('leaves out what has the wrong type', () => {
    const manifest = readManifest({
      config: 'none',
      layers: [null, { digest: 5 }, { digest: digest('1'), size: -3 }, { digest: digest('2'), size: '9' }],
      annotations: { good: 'yes', bad: { a: 1 } },
    });
    expect(manifest).toMatchObject({ kind: 'image', config: undefined, size: 0 });
    expect(manifest.kind === 'image' && manifest.layers).toHaveLength(2);
    expect([...manifest.annotations]).toEqual([['good', 'yes']]);
  });
});
