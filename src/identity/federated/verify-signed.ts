import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { VerificationKey } from './keys/verification-keys.ts';
import { invalidJwt, type InvalidJwt } from './verification.ts';

/** What a JWT must fulfill apart from its signature. */
export interface Requirements {
  readonly issuer: string;
  readonly algorithms: readonly string[];
  readonly audiences: readonly string[];
  /** In milliseconds since the epoch. */
  readonly now: number;
}

export interface SignedJwt {
  readonly isValid: true;
  readonly claims: JWTPayload;
  /** The claim `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}

/** By how many seconds the clocks of issuer and server may differ. */
export const leewaySeconds = 60;
/** The longest time until a JWT expires, in seconds. GitLab's jobs, whose timeout it is there, take at most a month. */
const maxLifetimeSeconds = 32 * 24 * 3600;

/**
 * Verifies the signature of a JWT with one key, and then its claims (RFC 7519 section 4.1, RFC 8725). jose does both.
 * It does not look at `iat`, nor at how far `exp` is away, so that is done here.
 */
export async function verifySigned(
  text: string,
  key: VerificationKey,
  { issuer, algorithms, audiences, now }: Requirements,
): Promise<SignedJwt | InvalidJwt> {
  try {
    const { payload } = await jwtVerify(text, key.key, {
      issuer,
      audience: [...audiences],
      algorithms: [...algorithms],
      requiredClaims: ['exp'],
      clockTolerance: leewaySeconds,
      currentDate: new Date(now),
    });
    return checkClaims(payload, Math.floor(now / 1000));
  } catch (error) {
    return toInvalid(error, audiences);
  }
}

function checkClaims(claims: JWTPayload, now: number): SignedJwt | InvalidJwt {
  const { aud, exp = Number.NaN, iat } = claims;
  if (Array.isArray(aud) && !aud.every((entry) => typeof entry === 'string'))
    return invalidJwt('missing claim', 'Its claim `aud` contains something that is not a text.', claims);
  if (!(exp <= now + maxLifetimeSeconds))
    return invalidJwt(
      'missing claim',
      `It expires in more than ${maxLifetimeSeconds / 86_400} days.`,
      claims,
    );
  // jose has checked that `iat` is a number, if it is present.
  if (iat !== undefined && iat > now + leewaySeconds)
    return invalidJwt('not yet valid', `It was issued in the future (\`iat\` ${formatTime(iat)}).`, claims);
  return { isValid: true, claims, expiresAt: Math.floor(exp) };
}

/** Converts an error of jose into a problem. Any other error means that jose could not read the JWT. */
function toInvalid(error: unknown, audiences: readonly string[]): InvalidJwt {
  if (error instanceof errors.JWTExpired)
    return invalidJwt('expired', `It has expired (\`exp\` ${formatTime(error.payload.exp)}).`, error.payload);
  if (error instanceof errors.JWTClaimValidationFailed) return ofClaim(error, audiences);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return invalidJwt('signature', 'Its signature is wrong.');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalidJwt('algorithm', 'Its algorithm is not allowed.');
  return invalidJwt('malformed', 'Its header has a form or an extension (`crit`) that is not supported.');
}

function ofClaim(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  audiences: readonly string[],
): InvalidJwt {
  if (reason === 'missing') return invalidJwt('missing claim', `It has no claim \`${claim}\`.`, payload);
  if (reason === 'invalid')
    return invalidJwt('missing claim', `Its claim \`${claim}\` has a wrong type.`, payload);
  switch (claim) {
    case 'aud':
      return invalidJwt(
        'audience',
        `It is for ${shorten(payload.aud)}, but the trust rules of its issuer accept only ${audiences.join(', ')}. Request the JWT for this audience, or name its audience in the trust rule.`,
        payload,
      );
    case 'nbf':
      return invalidJwt(
        'not yet valid',
        `It is not valid yet (\`nbf\` ${formatTime(payload.nbf)}).`,
        payload,
      );
    default:
      return invalidJwt('malformed', `Its claim \`${claim}\` is wrong.`, payload);
  }
}

function shorten(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}

/** Formats a time in seconds since the epoch. */
function formatTime(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
