import type { ManifestKind, Referrer } from '../../api/image-types.ts';

/** What a manifest is, as a heading or a badge. */
export const kindNames: Readonly<Record<ManifestKind, string>> = {
  image: 'Image',
  index: 'Multi-architecture image',
  signature: 'Signature',
  attestation: 'Attestation',
  sbom: 'SBOM',
  referrers: 'List of referrers',
  chart: 'Helm chart',
  artifact: 'Artifact',
};

const tools: readonly (readonly [RegExp, string])[] = [
  [/cosign/, 'Cosign'],
  [/sigstore/, 'Sigstore'],
  [/notary/, 'Notation'],
  [/spdx/, 'SPDX'],
  [/cyclonedx/, 'CycloneDX'],
  [/slsa|provenance/, 'SLSA provenance'],
  [/in-toto/, 'in-toto'],
  [/sarif/, 'SARIF'],
];

/** Names the program or format of a referrer, such as `Cosign`. Undefined if its type does not say it. */
export function toolOf({ artifactType, tag }: Pick<Referrer, 'artifactType' | 'tag'>): string | undefined {
  // Only Cosign uses these tags.
  if (tag !== null && /\.(?:sig|att|sbom)$/.test(tag)) return 'Cosign';
  return artifactType === null ? undefined : tools.find(([pattern]) => pattern.test(artifactType))?.[1];
}

/** The order in which the page shows referrers. */
const order: readonly ManifestKind[] = ['signature', 'attestation', 'sbom'];

/** Sorts referrers: signatures first, then attestations and SBOMs, then others. */
export function sortReferrers(referrers: readonly Referrer[]): readonly Referrer[] {
  const rank = ({ kind }: Referrer): number => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return [...referrers].sort((a, b) => rank(a) - rank(b));
}

/** Counts referrers for a table: `signed`, `SBOM`. */
export function summarizeReferrers(referrers: readonly Referrer[]): readonly string[] {
  const kinds = new Set(referrers.map(({ kind }) => kind));
  return [
    ...(kinds.has('signature') ? ['signed'] : []),
    ...(kinds.has('attestation') ? ['attested'] : []),
    ...(kinds.has('sbom') ? ['SBOM'] : []),
  ];
}
