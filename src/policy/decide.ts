import type { AnonymousSubject, Subject } from './subject.ts';
import type { Realm } from '../realm/realm.ts';
import type { Scope } from '../scope/scope.ts';
import { foldName } from './fold-name.ts';
import { matches, type Pattern } from './pattern.ts';
import { actions as knownActions, expandActions, rightsOn, type Action, type Right } from './rights.ts';
import type { RuleContext, RuleIndex } from './rule-index.ts';
import type { Rule } from './rule.ts';

/** Every reason that a decision can have. The audit log and `dockpass explain` show these texts. */
export type Reason =
  | 'public repository'
  | 'not a public repository'
  | 'public domains only serve pulls'
  | 'role'
  | 'granted'
  | 'allowed by rule'
  | 'denied by rule'
  | 'no matching right'
  | 'outside the rights of the token'
  | 'may list the catalog'
  | 'may list what it may pull'
  | 'may list what is public'
  | 'the public catalog is off'
  | 'the catalog is for admins'
  | 'only users can list the catalog'
  | 'unknown resource type'
  | 'not logged in';

/** The decision about one scope. */
export interface Grant {
  readonly scope: Scope;
  /** The granted actions. Empty if the request is denied. */
  readonly actions: readonly Action[];
  readonly reason: Reason;
  /** The rights and rules that allowed or denied the requested actions. `dockpass explain` prints them. */
  readonly deciders: readonly Decider[];
  /** What the subject may list. Undefined if the scope is not the catalog, or if the request is denied. */
  readonly catalog?: CatalogAccess | undefined;
}

/**
 * What a client may list. `all`: all repositories. `own`: those that it may pull. `public`: those that it may pull under
 * the public domain. A registry would always list all repositories, so only with `all` a token contains the access as a
 * registry understands it (src/token/claims.ts).
 */
export type CatalogAccess = 'all' | 'own' | 'public';

export type Decider =
  | { readonly kind: 'public'; readonly pattern: Pattern }
  | { readonly kind: 'right'; readonly right: Right }
  | { readonly kind: 'rule'; readonly rule: Rule }
  /**
   * The access token or robot is restricted to the rights with which it was created (`--only`), or a job to the rights
   * of its trust rule. This restriction removed at least one action.
   */
  | { readonly kind: 'only'; readonly trustRule?: string };

export interface Policy {
  /** The repositories that anyone may pull from a public domain. */
  readonly publicRepositories: readonly Pattern[];
  /** Who may list repositories. `own`: each client those that it may pull. Otherwise, these users list all repositories. */
  readonly catalog: 'own' | 'admins' | 'users';
  /** If true, clients may list under a public domain what they may pull there. */
  readonly publicCatalog: boolean;
  readonly rules: RuleIndex;
}

/**
 * Decides which actions a subject gets on each scope. Returns one grant for each scope, in the same order.
 *
 * Under a public domain, a subject gets at most the action `pull`. Under a private domain, a subject gets the actions
 * of its role, of its grants and of all allow rules that apply. An access token or robot never gets an action that
 * is outside the rights with which it was created, and a job never gets an action that its trust rule does not give.
 * Finally, deny rules remove actions.
 *
 * The storage of the registry may ignore the case of letters in a name. Therefore deny rules ignore it too, and a
 * public domain serves a name with upper-case letters only if it also serves the name in lower case.
 * @param address the client's IP address, for rules with `from`
 */
export function decide(
  subject: Subject,
  realm: Realm,
  scopes: readonly Scope[],
  policy: Policy,
  address: string,
): Grant[] {
  return scopes.map((scope) => {
    const context: RuleContext = { subject, realm: realm.kind, address, repository: scope.name };
    const { actions, reason, deciders, catalog } =
      realm.kind === 'public' ? decidePublic(scope, policy, context) : decidePrivate(scope, policy, context);
    return { scope, actions, reason, deciders, catalog };
  });
}

type Verdict = Omit<Grant, 'scope'>;

type LoggedInSubject = Exclude<Subject, AnonymousSubject>;

function decidePublic(scope: Scope, policy: Policy, context: RuleContext): Verdict {
  if (scope.type === 'registry') return decidePublicCatalog(scope, policy);
  if (scope.type !== 'repository') return denied('unknown resource type');
  const pattern = findPublicPattern(policy, scope.name);
  const allowing = findPublicAllows(policy, context);
  if (pattern === undefined && allowing.length === 0) return denied('not a public repository');
  const folded = foldName(scope.name);
  if (folded !== scope.name && !servesPublicly(policy, { ...context, repository: folded }))
    return denied('not a public repository');
  if (!scope.actions.includes('pull') && !scope.actions.includes('*'))
    return denied('public domains only serve pulls');
  const denying = policy.rules.findMatching('deny', context).filter(covers('pull'));
  if (denying.length > 0) return denied('denied by rule', denying.map(toDecider));
  return pattern === undefined
    ? { actions: ['pull'], reason: 'allowed by rule', deciders: allowing.map(toDecider) }
    : { actions: ['pull'], reason: 'public repository', deciders: [{ kind: 'public', pattern }] };
}

function servesPublicly(policy: Policy, context: RuleContext): boolean {
  return (
    findPublicPattern(policy, context.repository) !== undefined ||
    findPublicAllows(policy, context).length > 0
  );
}

function findPublicPattern({ publicRepositories }: Policy, repository: string): Pattern | undefined {
  return publicRepositories.find((candidate) => matches(candidate, repository));
}

function findPublicAllows({ rules }: Policy, context: RuleContext): readonly Rule[] {
  return rules.findMatching('allow', context).filter(covers('pull'));
}

function decidePrivate(scope: Scope, policy: Policy, context: RuleContext): Verdict {
  const { subject } = context;
  if (subject.kind === 'anonymous') return denied('not logged in');
  if (scope.type === 'registry') return decideCatalog(subject, scope, policy);
  if (scope.type !== 'repository') return denied('unknown resource type');
  return decideRepository(subject, scope, policy, context);
}

function decideRepository(
  subject: LoggedInSubject,
  scope: Scope,
  policy: Policy,
  context: RuleContext,
): Verdict {
  const requested = requestedActions(scope);
  const coversRequested = ({ actions }: Right | Rule): boolean =>
    expandActions(actions).some((action) => requested.includes(action));
  const rights = rightsOn(subject.rights, scope.name).filter(coversRequested);
  const allowing = policy.rules.findMatching('allow', context).filter(coversRequested);
  const held = requested.filter((action) => rights.some(covers(action)) || allowing.some(covers(action)));
  if (held.length === 0) return denied('no matching right');

  const permitted = applyRestriction(subject, scope.name, held);
  if (permitted.length === 0) return denied('outside the rights of the token', [restrictionOf(subject)]);

  const denying = policy.rules.findMatching('deny', context);
  const granted = permitted.filter((action) => !denying.some(deniesAction(action)));
  const effective = denying
    .filter((rule) => permitted.some((action) => deniesAction(action)(rule)))
    .map(toDecider);
  if (granted.length === 0) return denied('denied by rule', effective);

  const [right] = rights.filter((candidate) => granted.some((action) => covers(action)(candidate)));
  const reason = right === undefined ? 'allowed by rule' : right.origin?.kind === 'role' ? 'role' : 'granted';
  const deciders: Decider[] = [
    ...rights.map((by): Decider => ({ kind: 'right', right: by })),
    ...allowing.map(toDecider),
    ...(permitted.length < held.length ? [restrictionOf(subject)] : []),
    ...effective,
  ];
  return { actions: granted, reason, deciders };
}

function restrictionOf(subject: LoggedInSubject): Decider {
  return subject.kind === 'ci' ? { kind: 'only', trustRule: subject.name } : { kind: 'only' };
}

/**
 * Removes the actions that are outside the rights with which an access token or robot was created, or that a trust rule
 * gives. Call this function after the allow rules have been applied, because an allow rule must not extend these
 * rights.
 */
function applyRestriction(subject: LoggedInSubject, repository: string, held: readonly Action[]) {
  const only = subject.kind === 'user' ? subject.only : subject.rights;
  if (only === undefined) return held;
  const permitted = rightsOn(only, repository);
  return held.filter((action) => permitted.some(covers(action)));
}

/** Decides whether a client may list what is public. No client lists more under a public domain. */
function decidePublicCatalog(scope: Scope, policy: Policy): Verdict {
  if (scope.name !== 'catalog') return denied('unknown resource type');
  if (!policy.publicCatalog) return denied('the public catalog is off');
  if (!scope.actions.includes('*')) return denied('public domains only serve pulls');
  return { actions: ['*'], reason: 'may list what is public', deciders: [], catalog: 'public' };
}

/**
 * Decides about access to the catalog, the list of repositories. If it is the list of all of them, robots, jobs and
 * restricted access tokens never get this access, because they are limited to some repositories.
 */
function decideCatalog(subject: LoggedInSubject, scope: Scope, policy: Policy): Verdict {
  if (scope.name !== 'catalog') return denied('unknown resource type');
  if (policy.catalog === 'own')
    return scope.actions.includes('*')
      ? { actions: ['*'], reason: 'may list what it may pull', deciders: [], catalog: 'own' }
      : denied('no matching right');
  const user = subject.kind === 'user' && subject.only === undefined ? subject : undefined;
  if (policy.catalog === 'admins' && user?.admin !== true) return denied('the catalog is for admins');
  if (user === undefined) return denied('only users can list the catalog');
  if (!scope.actions.includes('*')) return denied('no matching right');
  return { actions: ['*'], reason: 'may list the catalog', deciders: [], catalog: 'all' };
}

/**
 * Returns the actions that a scope requests. `*` requests all actions. Unknown actions are ignored, as the token
 * specification says.
 */
function requestedActions(scope: Scope): readonly Action[] {
  return scope.actions.includes('*')
    ? knownActions
    : knownActions.filter((action) => scope.actions.includes(action));
}

/** Returns a function that tells whether a right or rule covers the action. */
function covers(action: Action): (by: { readonly actions: readonly Action[] }) => boolean {
  return ({ actions }) => expandActions(actions).includes(action);
}

/**
 * Returns a function that tells whether a deny rule removes the action. Every deny rule also removes the action `*`,
 * because a registry reads `*` in a token as all actions, including the denied ones.
 */
function deniesAction(action: Action): (rule: Rule) => boolean {
  return ({ actions }) => action === '*' || actions.includes(action);
}

function toDecider(rule: Rule): Decider {
  return { kind: 'rule', rule };
}

function denied(reason: Reason, deciders: readonly Decider[] = []): Verdict {
  return { actions: [], reason, deciders };
}
