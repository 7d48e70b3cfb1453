import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { algorithms } from '../keys/signing/algorithm.ts';
import { backdate, type AccessEntry, type TokenSettings } from './claims.ts';

/** A registry token that this token server has issued and that has not expired. */
export interface RegistryToken {
  /** The claim `jti`. */
  readonly id: string;
  /** The claim `sub`, see `subjectClaim` in src/policy/subject.ts. Empty for an anonymous client. */
  readonly subject: string;
  readonly access: readonly AccessEntry[];
  /** When the token was issued, in seconds since the epoch. */
  readonly issuedAt: number;
  /** All claims, also those of our own (src/token/claims.ts). */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * How many seconds a token is accepted after it has expired. Registries allow the same time (distribution,
 * registry/auth/token/token.go, Leeway).
 */
const leeway = 60;

const signatureAlgorithms = Object.keys(algorithms);

/** Verifies a registry token. Returns undefined if it is not valid: a client then needs another token. */
export type VerifyRegistryToken = (
  jwt: string,
  settings: Pick<TokenSettings, 'issuer' | 'service'>,
) => Promise<RegistryToken | undefined>;

/**
 * Creates the function that verifies registry tokens as a registry does: the signature with the keys that dockpass
 * publishes, the issuer, the audience and the times (RFC 7519 section 7.2). It does not look at rights.
 */
export function createVerifyRegistryToken(
  keys: Pick<KeyRing, 'published'>,
  clock: Clock,
): VerifyRegistryToken {
  let known: { readonly kids: string; readonly keySet: ReturnType<typeof createLocalJWKSet> } | undefined;
  const readKeySet = () => {
    const published = keys.published();
    const kids = published.map(({ kid }) => kid).join(' ');
    // jose remembers in a key set which keys it has imported.
    if (known?.kids !== kids) known = { kids, keySet: createLocalJWKSet({ keys: [...published] }) };
    return known.keySet;
  };
  return async (jwt, { issuer, service }) => {
    try {
      const { payload } = await jwtVerify(jwt, readKeySet(), {
        algorithms: signatureAlgorithms,
        issuer,
        audience: service,
        clockTolerance: leeway,
        currentDate: new Date(clock()),
        requiredClaims: ['sub', 'exp', 'nbf', 'iat', 'jti'],
      });
      const { jti, sub, iat, aud, access } = payload;
      // A registry token has one audience, and jose has checked the types of the other claims.
      if (typeof aud !== 'string' || !isAccess(access)) return undefined;
      if (jti === undefined || sub === undefined || iat === undefined) return undefined;
      return { id: jti, subject: sub, access, issuedAt: iat + backdate, claims: payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

function isAccess(value: unknown): value is readonly AccessEntry[] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: Partial<AccessEntry> | null) =>
        typeof entry?.type === 'string' && typeof entry.name === 'string' && Array.isArray(entry.actions),
    )
  );
}
