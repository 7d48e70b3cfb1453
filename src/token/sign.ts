import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { subjectClaim, type Subject } from '../policy/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { CatalogAccess, Grant } from '../policy/decide.ts';
import { createLru } from '../cache/lru.ts';
import { createDoorkeeper } from '../cache/doorkeeper.ts';
import { catalogAccessOf } from './catalog-claim.ts';
import { accessOf, claimsFor, lifetimeOf, type AccessEntry, type TokenSettings } from './claims.ts';
import { SignedToken } from './signed-token.ts';

export type Signer = (subject: Subject, grants: readonly Grant[]) => Promise<SignedToken>;

/**
 * The largest number of tokens in the cache. A larger cache has no benefit, because the cache is emptied every second.
 */
const capacity = 512;

/**
 * Creates a function that signs tokens. If a subject requests the same access several times within one second, for
 * example when many machines pull one image, all requests after the first one share a token. The token of the first
 * request is neither cached nor shared: most tokens are requested only once, and caching every token would cost as much
 * time as signing it (see cache/doorkeeper.ts).
 *
 * The cache key contains the subject and the granted access. When a right is revoked, the key changes, so a token with
 * the revoked right is no longer shared.
 */
export function createSigner(keys: KeyRing, settings: TokenSettings, clock: Clock): Signer {
  let second = 0;
  let issuedAt = '';
  let sharedTokens = createLru<Promise<SignedToken>>(capacity);
  const wasRequested = createDoorkeeper();
  return (subject, grants) => {
    const now = Math.floor(clock() / 1000);
    if (now !== second) {
      second = now;
      issuedAt = new Date(now * 1000).toISOString().replace('.000Z', 'Z');
      sharedTokens = createLru(capacity);
    }
    const access = accessOf(grants);
    const catalog = catalogAccessOf(grants);
    // The claim about the catalog differs between the credentials of one subject, so such tokens are not shared.
    if (catalog !== undefined) return signNew(keys, subject, access, settings, now, issuedAt, false, catalog);
    const key = cacheKey(subject, access);
    const cached = sharedTokens.get(key);
    if (cached !== undefined) return cached;
    const isShared = wasRequested(key);
    const token = signNew(keys, subject, access, settings, now, issuedAt, isShared);
    if (isShared) {
      const tokensOfSecond = sharedTokens;
      tokensOfSecond.set(key, token);
      // If signing fails, remove the failed result from the cache, so that the next request signs again.
      token.catch(() => tokensOfSecond.delete(key));
    }
    return token;
  };
}

function cacheKey(subject: Subject, access: readonly AccessEntry[]): string {
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
  catalog?: CatalogAccess,
): Promise<SignedToken> {
  const id = randomUUID();
  const claims = claimsFor(subject, access, settings, now, id, catalog);
  const jwt = await keys.current().sign(Buffer.from(JSON.stringify(claims)).toString('base64url'));
  return new SignedToken(id, jwt, lifetimeOf(access, settings), issuedAt, isShared);
}
