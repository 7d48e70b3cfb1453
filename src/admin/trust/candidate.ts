import type { Clock } from '../../clock.ts';
import type { Store, StoredTrustRule, TrustCandidate } from '../../store/store.ts';
import type { Claims } from '../../trust/claims.ts';
import { changeIf, secondsOf } from '../change.ts';
import { withActor } from '../people/actor.ts';
import { describePins, pinnableValue, selectShownClaims } from './shown-claims.ts';
import { conditionsIn } from './stored-conditions.ts';

/**
 * Records a JWT that matches a waiting rule, so that an administrator can compare its ids and confirm them. The first
 * JWT stays the candidate. Of the later ones, only the first with other ids is recorded, next to the candidate: so the
 * number of writes is limited, however many JWTs arrive.
 * @param ruleName the name without the prefix `ci:`. Nothing happens if the rule no longer exists or no longer waits
 * @param claims the verified claims of the JWT
 * @param address the IP address of the client
 */
export async function recordCandidate(
  store: Store,
  clock: Clock,
  ruleName: string,
  claims: Claims,
  address: string,
): Promise<void> {
  const seen = { claims, seenAt: secondsOf(clock), address };
  const rule = await store.trustRules.find(ruleName);
  if (rule === undefined || nextCandidate(rule, seen) === undefined) return;
  const what = `trust rule ${ruleName} waits for confirmation: a JWT with ${describePins(rule.pins, claims)} has come`;
  const recorder = withActor(store, { address, client: 'dockpass' });
  await changeIf(recorder, clock, { subject: `ci:${ruleName}`, what }, async ({ trustRules }) => {
    // Another server may have recorded a JWT in the meantime, or the rule may have been confirmed.
    const current = await trustRules.find(ruleName);
    const next = current && nextCandidate(current, seen);
    return next !== undefined && trustRules.setCandidate(ruleName, next);
  });
}

/** Returns what to store after a JWT has come. Undefined if nothing changes. */
function nextCandidate(
  { pins, definition, candidate }: StoredTrustRule,
  { claims, seenAt, address }: TrustCandidate,
): TrustCandidate | undefined {
  if (pins.length === 0) return undefined;
  const compared = Object.keys(conditionsIn(definition));
  const seen = { claims: selectShownClaims(claims, [...pins, ...compared]), seenAt, address };
  if (candidate === null) return seen;
  const idsOf = (from: Claims) => pins.map((pin) => pinnableValue(from, pin));
  const [first, later] = [idsOf(candidate.claims), idsOf(seen.claims)];
  // A candidate without all ids cannot be confirmed, so a complete one replaces it.
  if (first.includes(undefined)) return later.includes(undefined) ? undefined : seen;
  const isOther = first.some((value, at) => value !== later[at]);
  return isOther && candidate.other === undefined ? { ...candidate, other: seen } : undefined;
}
