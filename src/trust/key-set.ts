/** A public key of an issuer, as a JWK (RFC 7517) with only the members that verification needs. */
export interface PublicKey {
  readonly kty: string;
  readonly kid?: string;
  readonly [member: string]: unknown;
}

/** A key set of an issuer, without the keys that dockpass does not use. */
export interface KeySet {
  readonly keys: readonly PublicKey[];
  /** Why keys with these ids (`kid`) are not used. */
  readonly unused: ReadonlyMap<string, string>;
}

/** The maximum number of keys in a key set. */
export const maxKeyCount = 200;
/** RSA keys with fewer bits are not used (NIST SP 800-131A). */
const minRsaBits = 2048;

/** The members of a JWK that describe a public key or how to use it. */
const publicMembers = ['kty', 'kid', 'use', 'key_ops', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const;
/** The members of a JWK that contain a private or symmetric key (RFC 7518 section 6, RFC 8037). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

/**
 * Parses a key set: JSON text as an issuer publishes it, or as an administrator has saved it. Keys of a kind that
 * dockpass does not know are left out (RFC 7517 section 5). A key set with a private or symmetric key is rejected,
 * because someone who has published such a key has lost it.
 * @returns the key set or, if it is rejected, what is wrong with it and what to do, without a final full stop
 */
export function parseKeySet(text: string): KeySet | string {
  const entries = readEntries(text);
  if (typeof entries === 'string') return entries;
  if (entries.length > maxKeyCount) return `the key set has more than ${maxKeyCount} keys`;
  const keys: PublicKey[] = [];
  const unused = new Map<string, string>();
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null)
      return 'the key set contains something that is not a key';
    const jwk = entry as Readonly<Record<string, unknown>>;
    const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
    if (jwk['kty'] === 'oct' || privateMembers.some((member) => Object.hasOwn(jwk, member)))
      return `the key set contains a private or symmetric key (kid: ${kid ?? 'none'}). Replace this key at the issuer, and publish only public keys`;
    const problem = problemOf(jwk);
    if (problem === undefined) keys.push(publicPartOf(jwk));
    else unused.set(kid ?? '', problem);
  }
  return { keys, unused };
}

/** Formats a key set as JSON, with only the keys that dockpass uses. */
export function formatKeySet({ keys }: KeySet): string {
  return JSON.stringify({ keys });
}

/** Returns a text that identifies the key itself, whatever its `kid` is. The issuer cannot give it to another key. */
export function identifyKey({ kty, crv, x, y, n, e }: PublicKey): string {
  return JSON.stringify([kty, crv, x, y, n, e]);
}

function readEntries(text: string): readonly unknown[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'the key set is not JSON';
  }
  const { keys } = (parsed ?? {}) as { readonly keys?: unknown };
  return Array.isArray(keys) ? keys : 'the key set is not a JSON object with an array `keys` (RFC 7517)';
}

/** Returns why a key is not used. Undefined if it is used. */
function problemOf(jwk: Readonly<Record<string, unknown>>): string | undefined {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return 'the key is not for signatures';
  switch (jwk['kty']) {
    case 'RSA': {
      const bits = bitsOf(jwk['n']);
      return bits >= minRsaBits
        ? undefined
        : `the RSA key has ${bits} bits; at least ${minRsaBits} are required`;
    }
    case 'EC':
    case 'OKP':
      return undefined;
    default:
      return 'the type of the key (kty) is none of RSA, EC and OKP';
  }
}

/** Returns the length of a number in base64url (RFC 7518 section 2), in bits. */
function bitsOf(value: unknown): number {
  if (typeof value !== 'string') return 0;
  const bytes = Buffer.from(value, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (bytes.length - first - 1) * 8 + (32 - Math.clz32(bytes[first] ?? 0));
}

function publicPartOf(jwk: Readonly<Record<string, unknown>>): PublicKey {
  const present = publicMembers.filter(
    (member) => jwk[member] !== undefined && (member !== 'kid' || typeof jwk[member] === 'string'),
  );
  return Object.fromEntries(present.map((member) => [member, jwk[member]])) as unknown as PublicKey;
}
