import { toCanonicalName } from '../../identity/user-name.ts';
import { expandActions } from '../../policy/rights.ts';
import type { Rule } from '../../policy/rule.ts';
import type { Ports, StoredAccount, StoredGrant } from '../../store/store.ts';
import type { GrantHolder } from './grants.ts';
import type { Membership } from '../groups.ts';

/*
 * The command line asks a person before a change after which a user holds less by grants. The rights of the role do not
 * count here. They apply again only if no grant is left, and a person should confirm that too.
 */

/**
 * Tells whether the user would hold less after leaving the group: through the grants of the group, or through policy
 * rules that allow the group something. Returns false if the user is not a member.
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

/** Tells whether the user, or a member of the group, would hold less without the grant on the pattern. */
export async function removingGrantNarrows(
  { users, groups }: Pick<Ports, 'users' | 'groups'>,
  { kind, name }: GrantHolder,
  pattern: string,
): Promise<boolean> {
  const group = (await groups.list()).find((known) => `group:${known.name}` === name);
  for (const user of kind === 'user' ? [name] : (group?.members ?? [])) {
    const account = await users.account(user);
    const isRemoved = (grant: StoredGrant): boolean => grant.subject === name && grant.pattern === pattern;
    if (account !== undefined && losingNarrows(account, isRemoved)) return true;
  }
  return false;
}

function losingNarrows({ grants }: StoredAccount, isLost: (grant: StoredGrant) => boolean): boolean {
  const left = grants.filter((grant) => !isLost(grant));
  return grants.some((grant) => isLost(grant) && !left.some((other) => covers(other, grant)));
}

/** Compares patterns only in simple cases: they are the same text, or the first one matches everything. */
function covers(grant: StoredGrant, other: StoredGrant): boolean {
  const actions = expandActions(grant.actions);
  return (
    ['**', other.pattern].includes(grant.pattern) &&
    expandActions(other.actions).every((action) => actions.includes(action))
  );
}
