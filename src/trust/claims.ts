/** The claims of a verified JWT (RFC 7519 section 4), as the issuer has written them. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Finds a claim. The name is first looked up as it is, because CircleCI has claims such as `oidc.circleci.com/org-id`.
 * If there is no such claim, the name is a path to a nested claim: `kubernetes.io/namespace` is `namespace` in the
 * claim `kubernetes.io`. Only the token's own claims are found, never properties that JavaScript adds to each object.
 * @returns undefined if the token does not have the claim
 */
export function findClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const key of name.split('/')) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * Returns true if the text can be the name of a claim or the path of a nested one. A name that is a URL can contain two
 * slashes (RFC 7519 section 4.2).
 */
export function isClaimName(text: string): boolean {
  return text !== '' && (text.includes('://') || !text.split('/').includes(''));
}

/**
 * Returns the text of a claim with a single value: a text as it is, a number or boolean as JSON. Returns undefined for
 * any other value. A whole number that JavaScript cannot represent exactly also has no text, because its JSON text is
 * lost.
 */
export function textOfClaim(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : JSON.stringify(value);
    default:
      return undefined;
  }
}

/** Returns the texts of a claim: one for a single value, and one for each element of an array. */
export function textsOfClaim(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map(textOfClaim).filter((text) => text !== undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
