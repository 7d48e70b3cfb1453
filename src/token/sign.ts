import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { subjectClaim, type Subject } from '../identity/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Grant } from '../policy/decide.ts';
import { accessOf, claimsFor, lifetimeOf, type AccessEntry, type TokenSettings } from './claims.ts';

/** A signed token and what its bearer must know of it. */
export interface SignedToken {
  /** RFC 7519 section 4.1.7, `jti`. */
  readonly id: string;
  /** JWS compact serialization (RFC 7515 section 7.1). */
  readonly jwt: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** RFC 3339, UTC. */
  readonly issuedAt: string;
}

export type Signer = (subject: Subject, grants: readonly Grant[]) => Promise<SignedToken>;

/**
 * Signs access into tokens. A fleet that pulls one image asks for the same thing again and again: within one second
 * the same subject with the same access gets the same token. Everything that the token says is in the key of that
 * sharing, so a right that was taken away a moment ago is never shared on.
 */
export function createSigner(keys: KeyRing, settings: TokenSettings, clock: Clock): Signer {
  let second = 0;
  let shared = new Map<string, Promise<SignedToken>>();
  return (subject, grants) => {
    const now = Math.floor(clock() / 1000);
    if (now !== second) {
      second = now;
      shared = new Map();
    }
    const access = accessOf(grants);
    const key = sharingKey(subject, access);
    let token = shared.get(key);
    if (token === undefined) {
      token = signNew(keys, subject, access, settings, now);
      shared.set(key, token);
      // A signature that failed is nobody's to share.
      token.catch(() => shared.delete(key));
    }
    return token;
  };
}

function sharingKey(subject: Subject, access: readonly AccessEntry[]): string {
  let key = `${subject.kind} ${subjectClaim(subject)}`;
  for (const entry of access) key += ` ${entry.type}:${entry.name}:${entry.actions.join(',')}`;
  return key;
}

async function signNew(
  keys: KeyRing,
  subject: Subject,
  access: readonly AccessEntry[],
  settings: TokenSettings,
  now: number,
): Promise<SignedToken> {
  const id = randomUUID();
  const claims = claimsFor(subject, access, settings, now, id);
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return {
    id,
    jwt: await keys.current().sign(payload),
    expiresIn: lifetimeOf(access, settings),
    issuedAt: new Date(now * 1000).toISOString().replace('.000Z', 'Z'),
  };
}
