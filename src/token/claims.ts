import { subjectClaim, type Subject } from '../policy/subject.ts';
import type { CatalogAccess, Grant } from '../policy/decide.ts';
import { actions as knownActions, type Action } from '../policy/rights.ts';
import { catalogClaimFor, catalogClaimName, type CatalogClaim } from './catalog-claim.ts';

/**
 * The payload of a registry token (https://distribution.github.io/distribution/spec/auth/jwt/). `aud` is a single
 * string, because registry 2.8 rejects an array. Times are whole seconds since the epoch.
 */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly jti: string;
  readonly access: readonly AccessEntry[];
  /** Only in tokens whose request asked for the catalog and was not denied. */
  readonly [catalogClaimName]?: CatalogClaim;
}

export interface AccessEntry {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly Action[];
}

export interface TokenSettings {
  readonly issuer: string;
  readonly service: string;
  /** The lifetime of a token that allows only pulls, in seconds. */
  readonly pullLifetime: number;
  /**
   * The lifetime of a token that allows more than pulls, in seconds. It is longer, because a large push uses one token
   * for many requests.
   */
  readonly pushLifetime: number;
}

/**
 * The number of seconds by which `nbf` and `iat` are set to the past. So a registry whose clock is slow also accepts a
 * token that has just been issued.
 */
export const backdate = 60;

/**
 * Returns the claims of a token.
 * @param now seconds since the epoch
 * @param id the `jti` claim
 * @param catalog what the client may list. Undefined if it has not asked for that
 */
export function claimsFor(
  subject: Subject,
  access: readonly AccessEntry[],
  settings: TokenSettings,
  now: number,
  id: string,
  catalog?: CatalogAccess,
): Claims {
  return {
    iss: settings.issuer,
    sub: subjectClaim(subject),
    aud: settings.service,
    exp: now + lifetimeOf(access, settings),
    nbf: now - backdate,
    iat: now - backdate,
    jti: id,
    access,
    ...(catalog !== undefined && { [catalogClaimName]: catalogClaimFor(subject, catalog) }),
  };
}

/** Returns the lifetime of a token with this access, in seconds. */
export function lifetimeOf(access: readonly AccessEntry[], settings: TokenSettings): number {
  const pullsOnly = access.every((entry) => entry.actions.every((action) => action === 'pull'));
  return pullsOnly ? settings.pullLifetime : settings.pushLifetime;
}

/**
 * Merges the grants into one access entry for each resource. The entry lists the actions of all grants on that
 * resource. Resources without any granted action are left out, and so is the catalog if the client may not list all
 * repositories: a registry would list all of them.
 */
export function accessOf(grants: readonly Grant[]): AccessEntry[] {
  const access: AccessEntry[] = [];
  for (const { scope, actions, catalog } of grants) {
    if (actions.length === 0 || (catalog !== undefined && catalog !== 'all')) continue;
    const previous = access.find(({ type, name }) => type === scope.type && name === scope.name);
    if (previous === undefined) {
      access.push({ type: scope.type, name: scope.name, actions });
      continue;
    }
    const merged = [...previous.actions, ...actions];
    access[access.indexOf(previous)] = {
      ...previous,
      actions: knownActions.filter((action) => merged.includes(action)),
    };
  }
  return access;
}
