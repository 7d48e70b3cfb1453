/** The tag of a manifest that belongs to another one: a signature, an attestation, or a list of referrers. */
export interface SubjectTag {
  /** The digest of the manifest that it belongs to. Undefined if the tag does not name a whole digest. */
  readonly subject: string | undefined;
}

/**
 * Recognizes a tag that belongs to another manifest: `sha256-HEX.sig` and others of cosign, and `sha256-HEX` for
 * registries that list no referrers (OCI distribution specification, "Referrers Tag Schema"). Returns undefined for an
 * ordinary tag.
 */
export function parseSubjectTag(tag: string): SubjectTag | undefined {
  const [, algorithm, rest = ''] = /^(sha256|sha512)-(.*)$/.exec(tag) ?? [];
  if (algorithm === undefined) return undefined;
  const hex = rest.slice(0, algorithm === 'sha256' ? 64 : 128);
  const isWhole =
    /^[0-9a-f]+$/.test(hex) &&
    hex.length === (algorithm === 'sha256' ? 64 : 128) &&
    !/^[0-9a-f]/.test(rest.slice(hex.length));
  return { subject: isWhole ? `${algorithm}:${hex}` : undefined };
}
