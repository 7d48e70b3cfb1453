import { hash } from 'node:crypto';
import { createLru } from '../../cache/lru.ts';
import type { Secret } from '../../secret.ts';
import type { Claims } from '../../trust/claims.ts';
import { matchesAudience } from '../../trust/find-rule.ts';
import { keyFileOf, type TrustRule } from '../../trust/trust-rule.ts';
import { checkSignature, mostTelling, type SourceOutcome } from './check-signature.ts';
import { groupByIssuer, type IssuerRules, type SourceRules } from './issuer-rules.ts';
import { createFileKeys } from './keys/file-keys.ts';
import type { KeyParts, KeySource } from './keys/key-source.ts';
import { createRemoteKeys } from './keys/remote-keys.ts';
import type { VerificationKeys } from './keys/verification-keys.ts';
import { maxJwtLength, readJwt } from './read-jwt.ts';
import { invalidJwt, type JwtVerifier, type Verification } from './verification.ts';
import { leewaySeconds } from './verify-signed.ts';

/** The cache never drops the 10,000 JWTs (half the capacity) that were used last. */
const cacheCapacity = 20_000;

/** A JWT that was verified. Whether it still counts is checked each time that it is used. */
interface CachedJwt {
  readonly issuer: string;
  readonly claims: Claims;
  readonly expiresAt: number;
  readonly outcomes: ReadonlyMap<string, SourceOutcome>;
  /** The last verification from the cache, and the rules and keys on which it depends. They never change themselves. */
  last?: {
    readonly rules: IssuerRules;
    readonly keys: readonly (VerificationKeys | undefined)[];
    readonly verification: Verification;
  };
}

type Groups = ReadonlyMap<string, IssuerRules>;

/**
 * Creates the verifier of JWTs. Each JWT is verified once, and its claims are cached until it expires, under the
 * SHA-256 hash of its text. The cache holds no rights. A cached JWT counts only if the key that has signed it is still
 * in the key set of a rule. JWTs that are wrong are not cached, because anyone can send any number of them.
 */
export function createJwtVerifier(parts: KeyParts): JwtVerifier {
  const { clock, log } = parts;
  const cache = createLru<CachedJwt>(cacheCapacity);
  const running = new Map<string, { readonly groups: Groups; readonly result: Promise<Verification> }>();
  const keySources = new Map<string, KeySource>();
  let known: { readonly rules: readonly TrustRule[]; readonly groups: Groups } | undefined;

  const groupsOf = (rules: readonly TrustRule[]): Groups => {
    if (known?.rules === rules) return known.groups;
    const groups = groupByIssuer(rules);
    known = { rules, groups };
    const used = new Set([...groups.values()].flatMap(({ sources }) => sources.map(({ source }) => source)));
    for (const [source, keySource] of keySources) {
      if (used.has(source)) continue;
      keySources.delete(source);
      keySource.close().catch((error: unknown) => log.error('trust: cannot close a key set', error));
    }
    return groups;
  };

  const sourceOf = ({ source, issuer, jwks }: SourceRules): KeySource => {
    let keySource = keySources.get(source);
    if (keySource === undefined) {
      const file = keyFileOf({ jwks });
      keySource =
        file === undefined ? createRemoteKeys(source, { issuer, jwks }, parts) : createFileKeys(file, log);
      keySources.set(source, keySource);
    }
    return keySource;
  };

  const verifyNew = async (text: string, key: string, groups: Groups): Promise<Verification> => {
    const jwt = readJwt(text);
    if ('problem' in jwt) return jwt;
    const rules = groups.get(jwt.issuer);
    if (rules === undefined)
      return invalidJwt(
        'unknown issuer',
        `No trust rule names its issuer ${JSON.stringify(jwt.issuer.slice(0, 200))}.`,
      );
    const { alg } = jwt.header;
    if (!rules.algorithms.includes(alg))
      return invalidJwt(
        'algorithm',
        `Its algorithm ${JSON.stringify(alg.slice(0, 20))} is not allowed for its issuer, which may use ${rules.algorithms.join(', ')}.`,
      );
    const outcomes = await checkSignature(jwt, rules, sourceOf, clock());
    const valid = outcomes.flatMap(({ result }) => (result.isValid ? [result] : []));
    if (valid[0] === undefined) return mostTelling(outcomes);
    const { claims, expiresAt } = valid[0];
    const bySource = new Map(outcomes.map((outcome) => [outcome.source, outcome]));
    cache.set(key, { issuer: jwt.issuer, claims, expiresAt, outcomes: bySource });
    const sources = outcomes.filter(({ result }) => result.isValid).map(({ source }) => source);
    return { isValid: true, claims, sources, expiresAt };
  };

  const verifyOnce = (text: string, key: string, groups: Groups): Promise<Verification> => {
    const same = running.get(key);
    // If the rules have changed since, the result may be wrong for this request.
    if (same?.groups === groups) return same.result;
    const result = verifyNew(text, key, groups).finally(() => {
      if (running.get(key)?.result === result) running.delete(key);
    });
    running.set(key, { groups, result });
    return result;
  };

  return {
    verify: (jwt: Secret, rules) => {
      const text = jwt.reveal();
      const groups = groupsOf(rules);
      if (text.length > maxJwtLength) return verifyNew(text, '', groups);
      const key = hash('sha256', text, 'base64');
      const cached = cache.get(key);
      if (cached === undefined) return verifyOnce(text, key, groups);
      const ofIssuer = groups.get(cached.issuer);
      const keys = ofIssuer?.sources.map((ofSource) => sourceOf(ofSource).read(ofSource)) ?? [];
      const finish = (current: readonly (VerificationKeys | undefined)[]): Promise<Verification> => {
        const verification = ofIssuer && fromCache(cached, ofIssuer, current, clock());
        if (verification !== undefined) return Promise.resolve(verification);
        cache.delete(key);
        return verifyOnce(text, key, groups);
      };
      return keys.some((each) => each instanceof Promise)
        ? Promise.all(keys).then(finish)
        : finish(keys as readonly (VerificationKeys | undefined)[]);
    },
    close: async () => {
      await Promise.all([...keySources.values()].map((keySource) => keySource.close()));
    },
  };
}

/**
 * Returns the verification of a cached JWT. Undefined if the JWT must be verified again: because it has expired,
 * because the key that has signed it counts no longer, or because another key set may verify it now.
 * @param keys the current keys of each source, in the order of the rules
 * @returns the same object as before, as long as the rules and the keys are the same
 */
function fromCache(
  cached: CachedJwt,
  rules: IssuerRules,
  keys: readonly (VerificationKeys | undefined)[],
  now: number,
): Verification | undefined {
  if (Math.floor(now / 1000) >= cached.expiresAt + leewaySeconds) return undefined;
  const { last } = cached;
  if (last?.rules === rules && keys.every((each, index) => each === last.keys[index]))
    return last.verification;
  const verification = checkOutcomes(cached, rules, keys);
  if (verification !== undefined) cached.last = { rules, keys, verification };
  return verification;
}

function checkOutcomes(
  { claims, expiresAt, outcomes }: CachedJwt,
  { sources }: IssuerRules,
  keys: readonly (VerificationKeys | undefined)[],
): Verification | undefined {
  const verified: string[] = [];
  for (const [index, { source, audiences }] of sources.entries()) {
    const outcome = outcomes.get(source);
    if (outcome === undefined) return undefined;
    const current = keys[index];
    if (outcome.keyId === undefined) {
      if (outcome.keys !== current) return undefined;
    } else if (current?.contains(outcome.keyId) === true && matchesAudience({ audiences }, claims)) {
      verified.push(source);
    }
  }
  return verified.length === 0 ? undefined : { isValid: true, claims, sources: verified, expiresAt };
}
