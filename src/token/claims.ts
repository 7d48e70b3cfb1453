import { subjectClaim, type Subject } from '../policy/subject.ts';
import type { Grant } from '../policy/decide.ts';
import { actions as knownActions, type Action } from '../policy/rights.ts';

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
 */
export function claimsFor(
  subject: Subject,
  access: readonly AccessEntry[],
  settings: TokenSettings,
  now: number,
  id: string,
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
  };
}

/** Returns the lifetime of a token with this access, in seconds. */
export function lifetimeOf(access: readonly AccessEntry[], settings: TokenSettings): number {
  const pullsOnly = access.every((entry) => entry.actions.every((action) => action === 'pull'));
  return pullsOnly ? settings.pullLifetime : settings.pushLifetime;
}

/**
 * Merges the grants into one access entry for each resource. The entry lists the actions of all grants on that
 * resource. Resources without any granted action are left out.
 */
export function accessOf(grants: readonly Grant[]): AccessEntry[] {
  const access: AccessEntry[] = [];
  for (const { scope, actions } of grants) {
    if (actions.length === 0) continue;
    const index = access.findIndex(({ type, name }) => type === scope.type && name === scope.name);
    const previous = access[index]?.actions;
    const entry = { type: scope.type, name: scope.name, actions };
    if (previous === undefined) access.push(entry);
    else
      access[index] = {
        ...entry,
        actions: knownActions.filter((action) => previous.includes(action) || actions.includes(action)),
      };
  }
  return access;
}
