import { isRequestError, type RequestErrorCode } from '../errors.ts';
import { noCredentials } from '../identity/credentials.ts';
import { Secret } from '../secret.ts';
import { subjectClaim, type Subject } from '../policy/subject.ts';
import { issueToken, type Issuer, type TokenRequest } from '../issue-token.ts';
import type { Decider, Grant, Reason } from '../policy/decide.ts';
import type { Action } from '../policy/rights.ts';
import { formatRule } from '../policy/rule.ts';
import { formatHost, type Host } from '../net/host.ts';
import type { Realm } from '../realm/realm.ts';
import { resolveRealm } from '../realm/resolve-realm.ts';
import { parseScope } from '../scope/parse-scopes.ts';
import { formatScope } from '../scope/scope.ts';
import { accessOf, lifetimeOf, type AccessEntry, type TokenSettings } from '../token/claims.ts';
import { SignedToken } from '../token/signed-token.ts';

/** A token request like that of a client, but without a password or secret. */
export interface ExplainQuestion {
  readonly host: Host;
  /** The IP address of the client. */
  readonly address: string;
  readonly scopes: readonly string[];
  readonly who: ExplainedSubject;
}

export type ExplainedSubject =
  | { readonly kind: 'anonymous' }
  /** A user or robot that has just logged in. */
  | { readonly kind: 'loggedIn'; readonly subject: Subject; readonly note?: string | undefined }
  /** A user, a robot or the sender of a JWT that cannot log in. `reason` starts with `no login`. */
  | {
      readonly kind: 'cannotLogIn';
      readonly account: 'user' | 'robot' | 'ci';
      readonly name: string;
      readonly reason: string;
    };

export type ExplainSettings = Pick<Issuer, 'service' | 'realms' | 'policy'> & {
  readonly tokens: TokenSettings;
};

/** A decision with its reasons. `explain --json` prints this object unchanged. */
export interface Explanation {
  readonly realm: { readonly kind: Realm['kind']; readonly host: string; readonly because: Realm['because'] };
  readonly who: { readonly kind: Subject['kind']; readonly name: string; readonly through: string };
  /**
   * If the role of the user gives no rights because the user has or had grants, this sentence says so. Otherwise
   * undefined.
   */
  readonly note?: string | undefined;
  readonly scopes: readonly ExplainedScope[];
  /** The content of the token that the request would get. Undefined if the request would be denied. */
  readonly token: { readonly access: readonly AccessEntry[]; readonly expiresIn: number } | undefined;
  readonly refusal: { readonly code: RequestErrorCode; readonly message: string } | undefined;
}

export interface ExplainedScope {
  readonly scope: string;
  readonly actions: readonly Action[];
  /** The requested actions that the token does not contain. The registry denies a request that needs one of them. */
  readonly missing: readonly string[];
  readonly reason: Reason;
  /** The settings, grants and rules that determine `actions`, each as text. */
  readonly by: readonly string[];
}

/**
 * Explains the decision on a token request. This function calls `issueToken`, as the server does, so that the
 * explanation always agrees with the decision of the server. Unlike the server, this function does not check a password
 * or secret, signs no token, and writes nothing to the audit log.
 */
export async function explain(question: ExplainQuestion, settings: ExplainSettings): Promise<Explanation> {
  const realm = resolveRealm(question.host, settings.realms);
  const realmView = { kind: realm.kind, host: formatHost(realm.host), because: realm.because };
  let denial: unknown;
  const issuer = dryRunIssuer(question.who, settings, (error) => (denial = error));
  try {
    const issuance = await issueToken(requestOf(question), issuer);
    return {
      realm: realmView,
      who: describeSubject(issuance.subject),
      note: question.who.kind === 'loggedIn' ? question.who.note : undefined,
      scopes: issuance.grants.map(explainGrant),
      token: { access: accessOf(issuance.grants), expiresIn: issuance.token.expiresIn },
      refusal: undefined,
    };
  } catch (error) {
    if (!isRequestError(denial)) throw error;
    const { code, message } = denial;
    return {
      realm: realmView,
      who: describeExplained(question.who),
      scopes: [],
      token: undefined,
      refusal: { code, message },
    };
  }
}

function requestOf({ host, address, scopes, who }: ExplainQuestion): TokenRequest {
  return {
    host,
    address,
    client: 'explain',
    credentials:
      who.kind === 'anonymous'
        ? noCredentials
        : { kind: 'password', name: 'explain', password: new Secret('explain') },
    service: undefined,
    scopes,
    offline: false,
    requireAll: false,
  };
}

function dryRunIssuer(
  who: ExplainedSubject,
  { tokens, ...settings }: ExplainSettings,
  onDenial: (error: unknown) => void,
): Issuer {
  return {
    ...settings,
    parseScope,
    authenticators: [
      async () => {
        if (who.kind === 'loggedIn') return { verdict: 'right', subject: who.subject };
        return who.kind === 'cannotLogIn' && who.account === 'ci'
          ? { verdict: 'wrong', rejectedJwt: who.reason }
          : { verdict: 'wrong' };
      },
    ],
    sessions: { begin: rejectSession, resume: rejectSession, end: rejectSession },
    sign: async (_subject, grants) => new SignedToken('', '', lifetimeOf(accessOf(grants), tokens), ''),
    record: {
      issued: () => {},
      denied: (_request, _realm, error) => {
        onDenial(error);
        return '';
      },
    },
  };
}

/**
 * `explain` passes this function to `issueToken` in place of each of the three session functions that `issueToken`
 * requires. `issueToken` never calls it, because `explain` never requests a refresh token.
 */
function rejectSession(): Promise<never> {
  return Promise.reject(new Error('"dockpass explain" does not use sessions'));
}

function explainGrant({ scope, actions, reason, deciders }: Grant): ExplainedScope {
  const granted: readonly string[] = actions;
  const missing = scope.actions.filter((action) => !granted.includes(action) && !granted.includes('*'));
  return { scope: formatScope(scope), actions, missing, reason, by: deciders.map(describeDecider) };
}

/** Describes a right or rule that determines a decision, such as `grant to group:dev: pull on team/**`. */
export function describeDecider(decider: Decider): string {
  switch (decider.kind) {
    case 'public':
      return `publicRepositories: ${decider.pattern.text}`;
    case 'rule':
      return `policy ${formatRule(decider.rule)}`;
    case 'only':
      return decider.trustRule === undefined
        ? 'the access token or robot was created with --only, which limits its rights'
        : `the trust rule ${decider.trustRule} limits the rights of the job`;
    case 'right': {
      const { origin, actions, pattern } = decider.right;
      const what = `${actions.includes('*') ? 'everything' : actions.join(', ')} on ${pattern.text}`;
      if (origin === undefined) return `created with ${what}`;
      switch (origin.kind) {
        case 'role':
          return `role ${origin.role}: ${what}`;
        case 'grant':
          return `grant to ${origin.to}: ${what}`;
        case 'trust':
          return `trust rule ${origin.rule}: ${what}`;
      }
    }
  }
}

function describeSubject(subject: Subject): Explanation['who'] {
  switch (subject.kind) {
    case 'anonymous':
      return { kind: 'anonymous', name: '', through: 'no login' };
    case 'robot':
      return { kind: 'robot', name: subject.name, through: 'robot secret' };
    case 'user':
      return { kind: 'user', name: subject.name, through: subject.through };
    case 'ci':
      return { kind: 'ci', name: subjectClaim(subject), through: subject.through };
  }
}

function describeExplained(who: ExplainedSubject): Explanation['who'] {
  switch (who.kind) {
    case 'anonymous':
      return { kind: 'anonymous', name: '', through: 'no login' };
    case 'loggedIn':
      return describeSubject(who.subject);
    case 'cannotLogIn':
      return { kind: who.account, name: who.name, through: who.reason };
  }
}
