import { formatHost } from '../net/host.ts';
import { pullOnlyMessage } from '../realm/pull-only-message.ts';
import type { Realm } from '../realm/realm.ts';
import { formatScope } from '../scope/scope.ts';
import type { Grant } from './decide.ts';
import type { Action } from './rights.ts';
import { subjectClaim, type Subject } from './subject.ts';

/**
 * Returns a message that names the first scope that is not fully granted, and the reason.
 * @param loginHost a domain under which clients can log in and push. The message names it if a push under a public
 *   domain is denied. Undefined if no such domain is known
 * @returns undefined if every requested action is granted
 */
export function describeMissingAccess(
  grants: readonly Grant[],
  subject: Subject,
  realm: Realm,
  loginHost: string | undefined,
): string | undefined {
  const denied = grants.find(
    ({ scope, actions }) => !scope.actions.every((action) => actions.includes(action as Action)),
  );
  if (denied === undefined) return undefined;
  const host = formatHost(realm.host);
  const { type, actions } = denied.scope;
  if (realm.kind === 'public' && type === 'repository' && actions.some((action) => action !== 'pull'))
    return pullOnlyMessage(host, loginHost);
  const name = subject.kind === 'anonymous' ? 'an anonymous client' : subjectClaim(subject);
  return `${name} did not get all requested access on ${host} (${formatScope(denied.scope)}): ${denied.reason}`;
}
