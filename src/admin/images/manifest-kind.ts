import type { Manifest } from './parse-manifest.ts';

/**
 * What a manifest is. `image`: an image for one platform. `index`: a list of manifests, mostly one for each platform.
 * `referrers`: a list of the manifests that refer to another one. `chart`: a Helm chart. `artifact`: anything else.
 */
export const manifestKinds = [
  ...['image', 'index', 'signature', 'attestation', 'sbom', 'referrers', 'chart', 'artifact'],
] as const as readonly ManifestKind[];
export type ManifestKind =
  'image' | 'index' | 'signature' | 'attestation' | 'sbom' | 'referrers' | 'chart' | 'artifact';

/** A tag that belongs to another manifest. */
export interface ReferrerTag {
  /** The digest of the manifest that the tag belongs to. */
  readonly subject: string;
  readonly kind: ManifestKind;
}

const kindsBySuffix: Readonly<Record<string, ManifestKind>> = {
  '': 'referrers',
  '.sig': 'signature',
  '.att': 'attestation',
  '.sbom': 'sbom',
};

/**
 * Recognizes the tags that tools use for manifests that refer to another one. cosign writes `sha256-HEX.sig`, `.att` and
 * `.sbom`. `sha256-HEX` is an index of referrers, for registries without an endpoint for them (OCI distribution
 * specification, "Referrers Tag Schema").
 */
export function parseReferrerTag(tag: string): ReferrerTag | undefined {
  const [, algorithm, hex, suffix = ''] =
    /^(sha256|sha512)-([0-9a-f]{64,128})(\.[a-z]{3,4})?$/.exec(tag) ?? [];
  const kind = kindsBySuffix[suffix];
  return algorithm === undefined || kind === undefined ? undefined : { subject: `${algorithm}:${hex}`, kind };
}

/** Returns the tags that a manifest with this digest can have as signature, attestation, and so on. */
export function referrerTagsOf(digest: string): readonly string[] {
  const start = digest.replace(':', '-');
  return Object.keys(kindsBySuffix).map((suffix) => `${start}${suffix}`);
}

const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Patterns of media types that tell what an artifact is, in the order in which they are tried. */
const kindsByType: readonly (readonly [RegExp, ManifestKind])[] = [
  [/cosign\.artifact\.sig|cosign\.simplesigning|cncf\.notary\.signature/, 'signature'],
  [/spdx|cyclonedx|sbom/, 'sbom'],
  [/sigstore\.bundle/, 'signature'],
  [/in-toto|dsse\.envelope/, 'attestation'],
  [/cncf\.helm\.config/, 'chart'],
];

/** Returns true if the configuration of the manifest is that of an image, with its platform and its history. */
export function hasImageConfig({ config }: Pick<Manifest, 'config'>): boolean {
  return config !== null && imageConfigs.has(config.mediaType);
}

/** Determines what a manifest is, from its media types. */
export function kindOf({ manifests, artifactType, config, layers }: Manifest): ManifestKind {
  if (manifests !== undefined) return 'index';
  // A signature of cosign has the configuration of an image, so the layers decide first.
  return (
    kindOfTypes([artifactType, config?.mediaType, ...layers.map(({ mediaType }) => mediaType)]) ??
    (hasImageConfig({ config }) && artifactType === null ? 'image' : 'artifact')
  );
}

/** Returns the kind that one of these media types has, if any. */
export function kindOfTypes(types: readonly (string | null | undefined)[]): ManifestKind | undefined {
  const texts = types.filter((type) => type !== null && type !== undefined);
  return kindsByType.find(([pattern]) => texts.some((type) => pattern.test(type)))?.[1];
}

/**
 * Returns true if a manifest of an index is no image but an attestation about another manifest of the same index, as
 * BuildKit writes it.
 */
export function isIndexAttestation(annotations: Readonly<Record<string, string>>): boolean {
  return annotations['vnd.docker.reference.type'] === 'attestation-manifest';
}
