import { isRequestError, type RequestErrorCode } from '../errors.ts';
import { noCredentials } from '../identity/credentials.ts';
import { Secret } from '../secret.ts';
import type { Subject } from '../policy/subject.ts';
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

/** What would be asked: as a client would, but for the proof of who it is. */
export interface ExplainQuestion {
  readonly host: Host;
  /** The client's. */
  readonly address: string;
  readonly scopes: readonly string[];
  readonly who: ExplainedSubject;
}

export type ExplainedSubject =
  | { readonly kind: 'nobody' }
  /** Somebody as if just logged in. */
  | { readonly kind: 'somebody'; readonly subject: Subject }
  /** Somebody who cannot log in, and why. */
  | { readonly kind: 'refused'; readonly name: string; readonly why: string };

export type ExplainSettings = Pick<Issuer, 'service' | 'realms' | 'policy'> & {
  readonly tokens: TokenSettings;
};

/** An answer and its reasons, for people and as JSON. */
export interface Explanation {
  readonly realm: { readonly kind: Realm['kind']; readonly host: string; readonly because: Realm['because'] };
  readonly who: { readonly kind: Subject['kind']; readonly name: string; readonly through: string };
  readonly scopes: readonly ExplainedScope[];
  /** Undefined where there would be none. */
  readonly token: { readonly access: readonly AccessEntry[]; readonly expiresIn: number } | undefined;
  readonly refusal: { readonly code: RequestErrorCode; readonly message: string } | undefined;
}

export interface ExplainedScope {
  readonly scope: string;
  readonly actions: readonly Action[];
  readonly reason: Reason;
  /** The setting, grants and rules that decided, in words. */
  readonly by: readonly string[];
}

/**
 * Issues a token as the server does, by the very same story: only the proof of identity is taken as given, nothing is
 * signed, and nothing is recorded.
 */
export async function explain(question: ExplainQuestion, settings: ExplainSettings): Promise<Explanation> {
  const realm = resolveRealm(question.host, settings.realms);
  const shown = { kind: realm.kind, host: formatHost(realm.host), because: realm.because };
  let refused: unknown;
  const issuer = dryIssuer(question.who, settings, (error) => (refused = error));
  try {
    const issuance = await issueToken(requestOf(question), issuer);
    return {
      realm: shown,
      who: describeSubject(issuance.subject),
      scopes: issuance.grants.map(explainGrant),
      token: { access: accessOf(issuance.grants), expiresIn: issuance.token.expiresIn },
      refusal: undefined,
    };
  } catch (error) {
    if (!isRequestError(refused)) throw error;
    const { code, message } = refused;
    return {
      realm: shown,
      who: describeAsker(question.who),
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
      who.kind === 'nobody' ? noCredentials : { kind: 'password', name: 'explain', password: new Secret('') },
    service: undefined,
    scopes,
    offline: false,
    requireAll: false,
  };
}

function dryIssuer(
  who: ExplainedSubject,
  { tokens, ...settings }: ExplainSettings,
  onRefusal: (error: unknown) => void,
): Issuer {
  return {
    ...settings,
    parseScope,
    authenticators: [
      async () =>
        who.kind === 'somebody' ? { verdict: 'right', subject: who.subject } : { verdict: 'wrong' },
    ],
    sessions: { begin: never, resume: never, end: never },
    sign: async (_subject, grants) => new SignedToken('', '', lifetimeOf(accessOf(grants), tokens), ''),
    record: {
      issued: () => {},
      denied: (_request, _realm, error) => {
        onRefusal(error);
        return '';
      },
    },
  };
}

function never(): Promise<never> {
  return Promise.reject(new Error('explain needs no session'));
}

function explainGrant({ scope, actions, reason, deciders }: Grant): ExplainedScope {
  return { scope: formatScope(scope), actions, reason, by: deciders.map(describeDecider) };
}

function describeDecider(decider: Decider): string {
  switch (decider.kind) {
    case 'public':
      return `publicRepositories: ${decider.pattern.text}`;
    case 'rule':
      return `policy ${formatRule(decider.rule)}`;
    case 'only':
      return 'the token is kept to less (--only)';
    case 'right': {
      const { origin, actions, pattern } = decider.right;
      const what = `${actions.includes('*') ? 'everything' : actions.join(', ')} on ${pattern.text}`;
      if (origin === undefined) return `made with ${what}`;
      return origin.kind === 'role' ? `role ${origin.role}: ${what}` : `grant to ${origin.to}: ${what}`;
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
  }
}

function describeAsker(who: ExplainedSubject): Explanation['who'] {
  switch (who.kind) {
    case 'nobody':
      return { kind: 'anonymous', name: '', through: 'no login' };
    case 'somebody':
      return describeSubject(who.subject);
    case 'refused':
      return { kind: 'user', name: who.name, through: who.why };
  }
}
