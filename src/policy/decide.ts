import type { RobotSubject, Subject, UserSubject } from '../identity/subject.ts';
import type { Realm } from '../realm/realm.ts';
import type { Scope } from '../scope/scope.ts';
import { matches, type Pattern } from './pattern.ts';
import { actions as knownActions, type Action, type Right } from './rights.ts';

/** The closed set of reasons for a verdict; answer, audit and explain speak of nothing else. */
export type Reason =
  | 'public repository'
  | 'not a public repository'
  | 'public domains only serve pulls'
  | 'held'
  | 'not held'
  | 'the catalog is for admins'
  | 'the catalog is for users'
  | 'unknown resource type'
  | 'not logged in';

/** What one scope came to: a resource, the actions given (perhaps none), and why. */
export interface Grant {
  readonly scope: Scope;
  readonly actions: readonly Action[];
  readonly reason: Reason;
}

export interface Policy {
  /** What anyone may pull under a public domain. */
  readonly publicRepositories: readonly Pattern[];
  /** Who may list all repositories. */
  readonly catalog: 'admins' | 'users';
}

/**
 * One grant for each scope, in order. Pure. The public realm is decided before anyone looks at who asks: it gives
 * pull or nothing, to everyone alike.
 */
export function decide(subject: Subject, realm: Realm, scopes: readonly Scope[], policy: Policy): Grant[] {
  return scopes.map((scope) => {
    const verdict =
      realm.kind === 'public' ? decidePublic(scope, policy) : decidePrivate(subject, scope, policy);
    return { scope, ...verdict };
  });
}

type Verdict = Pick<Grant, 'actions' | 'reason'>;

function decidePublic(scope: Scope, policy: Policy): Verdict {
  if (scope.type === 'registry') return nothing('public domains only serve pulls');
  if (scope.type !== 'repository') return nothing('unknown resource type');
  if (!policy.publicRepositories.some((pattern) => matches(pattern, scope.name)))
    return nothing('not a public repository');
  const asksPull = scope.actions.includes('pull') || scope.actions.includes('*');
  return asksPull
    ? { actions: ['pull'], reason: 'public repository' }
    : nothing('public domains only serve pulls');
}

function decidePrivate(subject: Subject, scope: Scope, policy: Policy): Verdict {
  if (subject.kind === 'anonymous') return nothing('not logged in');
  if (scope.type === 'registry') return decideCatalog(subject, scope, policy);
  if (scope.type !== 'repository') return nothing('unknown resource type');
  const actions = asked(scope, heldBy(subject, scope.name));
  return actions.length > 0 ? { actions, reason: 'held' } : nothing('not held');
}

function decideCatalog(subject: UserSubject | RobotSubject, scope: Scope, policy: Policy): Verdict {
  if (scope.name !== 'catalog') return nothing('unknown resource type');
  const admin = subject.kind === 'user' && subject.admin && subject.only === undefined;
  if (policy.catalog === 'admins' && !admin) return nothing('the catalog is for admins');
  if (!scope.actions.includes('*')) return nothing('not held');
  return {
    actions: ['*'],
    reason: policy.catalog === 'admins' ? 'the catalog is for admins' : 'the catalog is for users',
  };
}

/** An access token narrows what its user holds, and never widens it. */
function heldBy(subject: UserSubject | RobotSubject, name: string): ReadonlySet<Action> {
  const holds = held(subject.rights, name);
  const only = subject.kind === 'user' ? subject.only : undefined;
  return only === undefined ? holds : holds.intersection(held(only, name));
}

/** All that the rights together give on a repository. */
function held(rights: readonly Right[], name: string): ReadonlySet<Action> {
  const found = new Set<Action>();
  for (const right of rights) {
    if (matches(right.pattern, name)) for (const action of right.actions) found.add(action);
  }
  return found;
}

/** `*` asks for all that is held; an action that is not held is left out, never an error. */
function asked(scope: Scope, holds: ReadonlySet<Action>): Action[] {
  const everything = scope.actions.includes('*');
  return knownActions.filter((action) => holds.has(action) && (everything || scope.actions.includes(action)));
}

function nothing(reason: Reason): Verdict {
  return { actions: [], reason };
}
