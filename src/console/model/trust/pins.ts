import type { Candidate, Claims, TrustRule } from '../../api/trust-types.ts';

/** Returns the claims that the confirmation of a rule fixes. A claim that the JWT does not have is `undefined`. */
export function pinnedClaims({ pin }: Pick<TrustRule, 'pin'>, { claims }: Pick<Candidate, 'claims'>): Claims {
  return Object.fromEntries(pin.map((name) => [name, claims[name]]));
}
