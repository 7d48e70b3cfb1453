import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { subjectClaim, type Subject } from '../policy/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Grant } from '../policy/decide.ts';
import { createLru } from '../cache/lru.ts';
import { createDoorkeeper } from '../cache/doorkeeper.ts';
import { accessOf, claimsFor, lifetimeOf, type AccessEntry, type TokenSettings } from './claims.ts';
import { SignedToken } from './signed-token.ts';

export type Signer = (subject: Subject, grants: readonly Grant[]) => Promise<SignedToken>;

/** Tokens that are held to be shared. A fleet asks for its few within moments; more would only be kept from the collector. */
const capacity = 512;

/**
 * Signs access into tokens. A fleet that pulls one image asks for the same thing again and again: within one second
 * the same subject with the same access gets the same token, but for the first who asks for what was not asked for
 * lately. Everything that the token says is in the key of that sharing, so a right that was taken away a moment ago is
 * never shared on.
 */
export function createSigner(keys: KeyRing, settings: TokenSettings, clock: Clock): Signer {
  let second = 0;
  let issuedAt = '';
  let shared = createLru<Promise<SignedToken>>(capacity);
  const wasAsked = createDoorkeeper();
  return (subject, grants) => {
    const now = Math.floor(clock() / 1000);
    if (now !== second) {
      second = now;
      issuedAt = new Date(now * 1000).toISOString().replace('.000Z', 'Z');
      shared = createLru(capacity);
    }
    const access = accessOf(grants);
    const key = sharingKey(subject, access);
    // From the second time on: most tokens are asked for once, and to hold them would cost as much as to sign them.
    const isShared = wasAsked(key);
    const before = isShared ? shared.get(key) : undefined;
    if (before !== undefined) return before;
    const token = signNew(keys, subject, access, settings, now, issuedAt, isShared);
    if (isShared) {
      const within = shared;
      within.set(key, token);
      // A signature that failed is nobody's to share.
      token.catch(() => within.delete(key));
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
  issuedAt: string,
  isShared: boolean,
): Promise<SignedToken> {
  const id = randomUUID();
  const claims = claimsFor(subject, access, settings, now, id);
  const jwt = await keys.current().sign(Buffer.from(JSON.stringify(claims)).toString('base64url'));
  return new SignedToken(id, jwt, lifetimeOf(access, settings), issuedAt, isShared);
}
