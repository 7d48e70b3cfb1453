import { subjectClaim, type Subject } from '../policy/subject.ts';
import type { Grant } from '../policy/decide.ts';
import { actions as knownActions, type Action } from '../policy/rights.ts';

/**
 * The payload of a registry token (https://distribution.github.io/distribution/spec/auth/jwt/). `aud` is one string:
 * registry 2.8 calls an array malformed. Times are whole seconds since the epoch.
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
  /** Seconds. A token that holds pull at most. */
  readonly pullLifetime: number;
  /** Seconds. A token that holds more: a large push makes many requests with one token. */
  readonly pushLifetime: number;
}

/** Seconds by which `nbf` and `iat` lie in the past: registries whose clock runs late accept the token all the same. */
export const backdate = 60;

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

/** Seconds that a token with this access lives. */
export function lifetimeOf(access: readonly AccessEntry[], settings: TokenSettings): number {
  const pullsOnly = access.every((entry) => entry.actions.every((action) => action === 'pull'));
  return pullsOnly ? settings.pullLifetime : settings.pushLifetime;
}

/** One entry a resource, with what all its grants gave together; resources without access are left out. */
export function accessOf(grants: readonly Grant[]): AccessEntry[] {
  const access: AccessEntry[] = [];
  for (const { scope, actions } of grants) {
    if (actions.length === 0) continue;
    const at = access.findIndex(({ type, name }) => type === scope.type && name === scope.name);
    const before = access[at]?.actions;
    const entry = { type: scope.type, name: scope.name, actions };
    if (before === undefined) access.push(entry);
    else
      access[at] = {
        ...entry,
        actions: knownActions.filter((action) => before.includes(action) || actions.includes(action)),
      };
  }
  return access;
}
