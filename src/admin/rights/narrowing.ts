import { toCanonicalName } from '../../identity/user-name.ts';
import { expandActions } from '../../policy/rights.ts';
import type { Rule } from '../../policy/rule.ts';
import type { Ports, StoredAccount, StoredGrant } from '../../store/store.ts';
import { findReachedUsers, type GrantHolder } from './grants.ts';
import type { Membership } from '../groups.ts';

/*
 * The functions in this file detect changes that take rights away from a user. Before such a change, the command line
 * asks for confirmation. The functions compare only rights from grants and from policy rules. They ignore the user's
 * role, because a user whom a grant reaches does not have the rights of the role, neither before nor after the change.
 */

/**
 * Returns true if the user would lose rights by leaving the group. Such rights come from grants to the group, or from
 * policy rules with the effect `allow` for the group. Returns false if the user is not a member.
 */
export async function leavingNarrows(
  { users }: Pick<Ports, 'users'>,
  policy: readonly Rule[],
  membership: Membership,
): Promise<boolean> {
  const account = await users.account(toCanonicalName(membership.user));
  const group = toCanonicalName(membership.group);
  if (account?.groups.includes(group) !== true) return false;
  const subject = `group:${group}` as const;
  const isAllowedMore = policy.some(({ effect, to }) => effect === 'allow' && to.includes(subject));
  return isAllowedMore || losingNarrows(account, (grant) => grant.subject === subject);
}

/**
 * Returns true if removing the holder's grant on this pattern would take rights away from someone: from the user who
 * holds the grant, or from a member of the group that holds it.
 */
export async function removingGrantNarrows(
  { users, groups }: Pick<Ports, 'users' | 'groups'>,
  holder: GrantHolder,
  pattern: string,
): Promise<boolean> {
  for (const user of await findReachedUsers({ groups }, holder)) {
    const account = await users.account(user);
    const isRemoved = (grant: StoredGrant): boolean =>
      grant.subject === holder.name && grant.pattern === pattern;
    if (account !== undefined && losingNarrows(account, isRemoved)) return true;
  }
  return false;
}

function losingNarrows({ grants }: StoredAccount, isLost: (grant: StoredGrant) => boolean): boolean {
  const left = grants.filter((grant) => !isLost(grant));
  return grants.some((grant) => isLost(grant) && !left.some((other) => covers(other, grant)));
}

/**
 * Returns true if `grant` includes all rights of `other`. The comparison of patterns is simple: one pattern includes
 * another only if both are the same text, or if the pattern of `grant` is `**`.
 */
function covers(grant: StoredGrant, other: StoredGrant): boolean {
  const actions = expandActions(grant.actions);
  return (
    ['**', other.pattern].includes(grant.pattern) &&
    expandActions(other.actions).every((action) => actions.includes(action))
  );
}
