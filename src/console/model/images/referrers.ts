import type { Descriptor } from './manifest.ts';

/** What a referrer contains. The order is that of the page. */
export const referrerKinds = ['signature', 'provenance', 'sbom', 'scan', 'attestation', 'other'] as const;
export type ReferrerKind = (typeof referrerKinds)[number];

/** A manifest that is about an image: a signature, an SBOM and so on. */
export interface Referrer {
  readonly kind: ReferrerKind;
  /** The program whose format it is, such as `Cosign`. Undefined if the type does not say it. */
  readonly tool: string | undefined;
  /** The type that the registry names. */
  readonly type: string;
  readonly digest: string;
  /** The tag under which tools without the referrers API store it. */
  readonly tag?: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

interface KnownType {
  readonly matches: RegExp;
  readonly kind: ReferrerKind;
  readonly tool?: string;
}

const knownTypes: readonly KnownType[] = [
  { matches: /^application\/vnd\.dev\.cosign\..*(?:sig|simplesigning)/, kind: 'signature', tool: 'Cosign' },
  { matches: /^application\/vnd\.dev\.sigstore\.bundle/, kind: 'signature', tool: 'Sigstore' },
  { matches: /^application\/vnd\.cncf\.notary\.signature/, kind: 'signature', tool: 'Notation' },
  { matches: /slsa|provenance/i, kind: 'provenance', tool: 'SLSA' },
  { matches: /spdx/i, kind: 'sbom', tool: 'SPDX' },
  { matches: /cyclonedx/i, kind: 'sbom', tool: 'CycloneDX' },
  { matches: /syft/i, kind: 'sbom', tool: 'Syft' },
  { matches: /sbom/i, kind: 'sbom' },
  { matches: /sarif|openvex|csaf|vulnerab|security\.report/i, kind: 'scan' },
  { matches: /in-toto|dsse|attestation/i, kind: 'attestation', tool: 'in-toto' },
  { matches: /cosign/i, kind: 'signature', tool: 'Cosign' },
];

/** Recognizes an entry in the answer of the referrers API (OCI distribution specification, "Listing Referrers"). */
export function recognizeReferrer(descriptor: Descriptor): Referrer {
  const { digest, annotations, artifactType, mediaType } = descriptor;
  const type = artifactType ?? mediaType;
  // A bundle of Sigstore holds a signature or an attestation. The annotation says which.
  const content = annotations.get('dev.sigstore.bundle.content');
  const predicate =
    annotations.get('dev.sigstore.bundle.predicateType') ??
    annotations.get('in-toto.io/predicate-type') ??
    '';
  const found = find(predicate) ?? (content === 'dsse-envelope' ? undefined : find(type));
  const kind = found?.kind ?? (content === 'dsse-envelope' ? 'attestation' : 'other');
  const tool = content === undefined ? found?.tool : 'Sigstore';
  return { kind, tool, type: predicate === '' ? type : predicate, digest, annotations };
}

function find(type: string): KnownType | undefined {
  return type === '' ? undefined : knownTypes.find(({ matches }) => matches.test(type));
}

const suffixes: Readonly<Record<string, { readonly kind: ReferrerKind; readonly tool: string }>> = {
  sig: { kind: 'signature', tool: 'Cosign' },
  att: { kind: 'attestation', tool: 'Cosign' },
  sbom: { kind: 'sbom', tool: 'Cosign' },
};

/**
 * If a tag is one under which Cosign stores a signature, an attestation or an SBOM, returns the digest that it is
 * about. The tag `sha256-HEX` without a suffix holds the list of referrers for registries without the referrers API.
 */
export function referrerTag(
  tag: string,
):
  | { readonly about: string; readonly kind: ReferrerKind | 'list'; readonly tool: string | undefined }
  | undefined {
  const [, algorithm, hex, suffix] =
    /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.(sig|att|sbom))?$/.exec(tag) ?? [];
  if (algorithm === undefined || hex === undefined) return undefined;
  const about = `${algorithm}:${hex}`;
  const known = suffix === undefined ? undefined : suffixes[suffix];
  return known === undefined ? { about, kind: 'list', tool: undefined } : { about, ...known };
}

/** The tag under which registries without the referrers API store the list of referrers of a digest. */
export function referrersListTag(digest: string): string {
  return digest.replace(':', '-');
}

/** Sorts referrers into groups for the page, signatures first. Groups without an entry are left out. */
export function groupReferrers(
  referrers: readonly Referrer[],
): readonly { readonly kind: ReferrerKind; readonly referrers: readonly Referrer[] }[] {
  const byDigest = new Map(referrers.map((referrer) => [referrer.digest, referrer]));
  const groups = Map.groupBy(byDigest.values(), ({ kind }) => kind);
  return referrerKinds.flatMap((kind) => {
    const found = groups.get(kind);
    return found === undefined ? [] : [{ kind, referrers: found }];
  });
}
