/** The alphabet of ids: Crockford's base32, which leaves out i, l, o and u. */
const id = '[0-9a-hjkmnp-tv-z]{12}';

/**
 * Finds the id of a denial in what a person pastes: the id alone, or the error text of docker, podman or another
 * client, which ends with `(refusal 3stag409zq69)`. Returns undefined if there is none.
 */
export function findErrorId(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  const patterns = [`^${id}$`, `\\(refusal (${id})\\)`, `"id"\\s*:\\s*"(${id})"`, `\\brefusal\\s+(${id})\\b`];
  for (const pattern of patterns) {
    const [whole, found] = new RegExp(pattern).exec(lower) ?? [];
    if (whole !== undefined) return found ?? whole;
  }
  return undefined;
}

/**
 * Finds the repository in an error text without an id. Registries deny what a token does not grant in their own words,
 * and docker then prints, for example, `denied: requested access to the resource is denied` after the name.
 */
export function findRequestedImage(
  text: string,
): { readonly repository: string; readonly host: string } | undefined {
  const [, host, path = ''] =
    /(?:^|[\s"'/])((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?|localhost(?::\d+)?)\/(?:v2\/)?([a-z0-9][a-z0-9._/-]*)/i.exec(
      text,
    ) ?? [];
  const repository = path
    .replace(/\/(?:blobs|manifests|tags|referrers)(?:\/.*)?$/, '')
    .replace(/[._/-]+$/, '');
  return host === undefined || repository === '' ? undefined : { host, repository };
}
