import type { RobotSubject, Subject, UserSubject } from './subject.ts';
import type { Realm } from '../realm/realm.ts';
import type { Scope } from '../scope/scope.ts';
import { matches, type Pattern } from './pattern.ts';
import { actions as knownActions, expandActions, rightsOn, type Action, type Right } from './rights.ts';
import type { RuleContext, RuleIndex } from './rule-index.ts';
import type { Rule } from './rule.ts';

/** The closed set of reasons for a verdict; answer, audit and explain speak of nothing else. */
export type Reason =
  | 'public repository'
  | 'not a public repository'
  | 'public domains only serve pulls'
  | 'role'
  | 'granted'
  | 'allowed by rule'
  | 'denied by rule'
  | 'not held'
  | 'outside what the token is kept to'
  | 'may list the catalog'
  | 'the catalog is for admins'
  | 'the catalog is for users'
  | 'unknown resource type'
  | 'not logged in';

/** What one scope came to: a resource, the actions given (perhaps none), and why. */
export interface Grant {
  readonly scope: Scope;
  readonly actions: readonly Action[];
  readonly reason: Reason;
  /** What gave and what took away, of those actions that were asked; for explain. */
  readonly deciders: readonly Decider[];
}

export type Decider =
  | { readonly kind: 'public'; readonly pattern: Pattern }
  | { readonly kind: 'right'; readonly right: Right }
  | { readonly kind: 'rule'; readonly rule: Rule }
  /** An access token's own limit, where it took something away. */
  | { readonly kind: 'only' };

export interface Policy {
  /** What anyone may pull under a public domain. */
  readonly publicRepositories: readonly Pattern[];
  /** Who may list all repositories. */
  readonly catalog: 'admins' | 'users';
  readonly rules: RuleIndex;
}

/**
 * One grant for each scope, in order. Pure. Under a public name it gives pull or nothing. What roles, grants and
 * allowing rules give together, an access token narrows, and denying rules take away from.
 * @param address the client's, for rules that name networks
 */
export function decide(
  subject: Subject,
  realm: Realm,
  scopes: readonly Scope[],
  policy: Policy,
  address: string,
): Grant[] {
  return scopes.map((scope) => {
    const question: RuleContext = { subject, realm: realm.kind, address, repository: scope.name };
    const verdict =
      realm.kind === 'public'
        ? decidePublic(scope, policy, question)
        : decidePrivate(scope, policy, question);
    return { scope, ...verdict };
  });
}

type Verdict = Omit<Grant, 'scope'>;

function decidePublic(scope: Scope, policy: Policy, question: RuleContext): Verdict {
  if (scope.type === 'registry') return denied('public domains only serve pulls');
  if (scope.type !== 'repository') return denied('unknown resource type');
  const pattern = policy.publicRepositories.find((candidate) => matches(candidate, scope.name));
  const allowing = policy.rules.findMatching('allow', question).filter(covers('pull'));
  if (pattern === undefined && allowing.length === 0) return denied('not a public repository');
  if (!scope.actions.includes('pull') && !scope.actions.includes('*'))
    return denied('public domains only serve pulls');
  const denying = policy.rules.findMatching('deny', question).filter(covers('pull'));
  if (denying.length > 0) return denied('denied by rule', denying.map(toDecider));
  return pattern === undefined
    ? { actions: ['pull'], reason: 'allowed by rule', deciders: allowing.map(toDecider) }
    : { actions: ['pull'], reason: 'public repository', deciders: [{ kind: 'public', pattern }] };
}

function decidePrivate(scope: Scope, policy: Policy, question: RuleContext): Verdict {
  const { subject } = question;
  if (subject.kind === 'anonymous') return denied('not logged in');
  if (scope.type === 'registry') return decideCatalog(subject, scope, policy);
  if (scope.type !== 'repository') return denied('unknown resource type');
  return decideRepository(subject, scope, policy, question);
}

function decideRepository(
  subject: UserSubject | RobotSubject,
  scope: Scope,
  policy: Policy,
  question: RuleContext,
): Verdict {
  const wanted = requestedActions(scope);
  const wantedBy = ({ actions }: Right | Rule): boolean =>
    expandActions(actions).some((action) => wanted.includes(action));
  const rights = rightsOn(subject.rights, scope.name).filter(wantedBy);
  const allowing = policy.rules.findMatching('allow', question).filter(wantedBy);
  const held = wanted.filter((action) => rights.some(covers(action)) || allowing.some(covers(action)));
  if (held.length === 0) return denied('not held');

  const within = applyRestriction(subject, scope.name, held);
  if (within.length === 0) return denied('outside what the token is kept to', [{ kind: 'only' }]);

  const denying = policy.rules.findMatching('deny', question);
  const given = within.filter((action) => !denying.some(deniesAction(action)));
  const taking = denying.filter((rule) => within.some((action) => deniesAction(action)(rule))).map(toDecider);
  if (given.length === 0) return denied('denied by rule', taking);

  const [right] = rights.filter((candidate) => given.some((action) => covers(action)(candidate)));
  const reason = right === undefined ? 'allowed by rule' : right.origin?.kind === 'role' ? 'role' : 'granted';
  const deciders: Decider[] = [
    ...rights.map((by): Decider => ({ kind: 'right', right: by })),
    ...allowing.map(toDecider),
    ...(within.length < held.length ? [{ kind: 'only' } as const] : []),
    ...taking,
  ];
  return { actions: given, reason, deciders };
}

/** A robot holds what it was made with, an access token part of what its user holds: no rule widens either. */
function applyRestriction(subject: UserSubject | RobotSubject, repository: string, held: readonly Action[]) {
  const only = subject.kind === 'user' ? subject.only : subject.rights;
  if (only === undefined) return held;
  const within = rightsOn(only, repository);
  return held.filter((action) => within.some(covers(action)));
}

/** Names of repositories that one may not see are in the catalog: whoever is kept to some of them does not get it. */
function decideCatalog(subject: UserSubject | RobotSubject, scope: Scope, policy: Policy): Verdict {
  if (scope.name !== 'catalog') return denied('unknown resource type');
  const user = subject.kind === 'user' && subject.only === undefined ? subject : undefined;
  if (policy.catalog === 'admins' && user?.admin !== true) return denied('the catalog is for admins');
  if (user === undefined) return denied('the catalog is for users');
  if (!scope.actions.includes('*')) return denied('not held');
  return { actions: ['*'], reason: 'may list the catalog', deciders: [] };
}

/** `*` asks for all that is held; an action that is not held is left out, never an error. */
function requestedActions(scope: Scope): readonly Action[] {
  return scope.actions.includes('*')
    ? knownActions
    : knownActions.filter((action) => scope.actions.includes(action));
}

function covers(action: Action): (by: { readonly actions: readonly Action[] }) => boolean {
  return ({ actions }) => expandActions(actions).includes(action);
}

/** Whoever is denied anything does not hold `*`: the registry would take it for that, too. */
function deniesAction(action: Action): (rule: Rule) => boolean {
  return ({ actions }) => action === '*' || actions.includes(action);
}

function toDecider(rule: Rule): Decider {
  return { kind: 'rule', rule };
}

function denied(reason: Reason, deciders: readonly Decider[] = []): Verdict {
  return { actions: [], reason, deciders };
}
