import { expect, test } from 'vitest';
import { readDescriptors } from '../../../../src/console/model/images/manifest.ts';
import {
  groupReferrers,
  recognizeReferrer,
  referrersListTag,
  referrerTag,
} from '../../../../src/console/model/images/referrers.ts';

const hex = 'ab'.repeat(32);

function recognize(artifactType: string, annotations: Record<string, string> = {}) {
  const [descriptor] = readDescriptors([{ digest: `sha256:${hex}`, artifactType, annotations }]);
  if (descriptor === undefined) throw new Error('no descriptor');
  return recognizeReferrer(descriptor);
}

test.each([
  ['application/vnd.dev.cosign.artifact.sig.v1+json', 'signature', 'Cosign'],
  ['application/vnd.cncf.notary.signature', 'signature', 'Notation'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', 'signature', 'Sigstore'],
  ['application/spdx+json', 'sbom', 'SPDX'],
  ['application/vnd.cyclonedx+json', 'sbom', 'CycloneDX'],
  ['application/sarif+json', 'scan', undefined],
  ['application/vnd.in-toto+json', 'attestation', 'in-toto'],
  ['application/x-unheard-of', 'other', undefined],
  ['', 'other', undefined],
])('recognizes %s as %s', (type, kind, tool) => {
  expect(recognize(type)).toMatchObject({ kind, tool });
});

test('distinguishes what a bundle of Sigstore contains', () => {
  const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const content = 'dev.sigstore.bundle.content';
  expect(recognize(bundle, { [content]: 'message-signature' })).toMatchObject({ kind: 'signature' });
  expect(
    recognize(bundle, {
      [content]: 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
    }),
  ).toMatchObject({ kind: 'provenance', tool: 'Sigstore', type: 'https://slsa.dev/provenance/v1' });
  expect(recognize(bundle, { [content]: 'dsse-envelope' })).toMatchObject({ kind: 'attestation' });
});

test('recognizes the tags under which Cosign stores signatures', () => {
  expect(referrerTag(`sha256-${hex}.sig`)).toEqual({
    about: `sha256:${hex}`,
    kind: 'signature',
    tool: 'Cosign',
  });
  expect(referrerTag(`sha256-${hex}`)).toMatchObject({ kind: 'list' });
  expect(referrersListTag(`sha256:${hex}`)).toBe(`sha256-${hex}`);
  for (const tag of ['latest', 'sha256-short.sig', `sha256-${hex}.exe`, `x-sha256-${hex}`])
    expect(referrerTag(tag)).toBeUndefined();
});

test('shows signatures first, and each referrer once', () => {
  const sbom = recognize('application/spdx+json');
  const signature = { ...recognize('application/vnd.cncf.notary.signature'), digest: 'sha256:other' };
  expect(groupReferrers([sbom, signature, sbom])).toEqual([
    { kind: 'signature', referrers: [signature] },
    { kind: 'sbom', referrers: [sbom] },
  ]);
});
