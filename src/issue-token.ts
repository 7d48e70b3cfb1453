import { withAuditId, DockpassError } from './errors.ts';
import { authenticate, type LoginChecks } from './identity/authenticate.ts';
import { noCredentials, type Credentials } from './identity/credentials.ts';
import type { Sessions } from './identity/token/sessions.ts';
import type { Secret } from './secret.ts';
import type { Subject, UserSubject } from './policy/subject.ts';
import { decide, type Grant, type Policy } from './policy/decide.ts';
import { describeMissingAccess } from './policy/missing-access.ts';
import type { Host } from './net/host.ts';
import type { Realm } from './realm/realm.ts';
import { resolveRealm, type RealmSettings } from './realm/resolve-realm.ts';
import { parseScopes } from './scope/parse-scopes.ts';
import type { Scope } from './scope/scope.ts';
import type { Signer } from './token/sign.ts';
import type { SignedToken } from './token/signed-token.ts';

/** A request for a token: from `GET` or `POST /auth/token`, from `/auth/forward`, or from `dockpass explain`. */
export interface TokenRequest {
  /**
   * The host name under which the client reached the token server. It determines the realm (public or private domain).
   */
  readonly host: Host;
  /** The client's IP address. It comes from X-Forwarded-For if the peer is a trusted proxy. */
  readonly address: string;
  /** The `client_id` parameter or the User-Agent, for the audit log and the session list. */
  readonly client: string;
  readonly credentials: Credentials;
  /** The `service` parameter. Undefined if the client sent no such parameter. */
  readonly service: string | undefined;
  /** The `scope` parameters as the client sent them. One parameter can hold several scopes, separated by spaces. */
  readonly scopes: readonly string[];
  /**
   * If true, the client also requests a refresh token. Without a request it gets none, because crane behaves differently
   * if it receives one.
   */
  readonly offline: boolean;
  /**
   * If true, the request is denied unless every requested action is granted. If false, the token may contain fewer
   * actions than requested.
   */
  readonly requireAll: boolean;
}

/** Everything that `issueToken` needs. src/app/server.ts creates it. */
export interface Issuer extends LoginChecks {
  readonly service: string;
  readonly realms: RealmSettings;
  readonly sessions: Sessions;
  /** Parses one scope. The server passes a cached version of `parseScope`. */
  readonly parseScope: (text: string) => Scope;
  readonly policy: Policy;
  readonly sign: Signer;
  readonly record: Recorder;
}

/** The result of a token request that was not denied. */
export interface Issuance {
  readonly realm: Realm;
  readonly subject: Subject;
  readonly scopes: readonly Scope[];
  readonly grants: readonly Grant[];
  readonly token: SignedToken;
  readonly refreshToken: Secret | undefined;
}

/** The fields of a token request that are known even if the request could not be read completely. */
export type DeniedRequest = Pick<TokenRequest, 'address' | 'client' | 'credentials' | 'scopes'>;

/** Records every issued token and every denied request. The methods return at once and never throw. */
export interface Recorder {
  issued(request: TokenRequest, issuance: Issuance): void;
  /**
   * Records a denied request.
   * @param realm undefined if the request is so malformed that its realm is unknown
   * @returns the id of the audit row
   */
  denied(request: DeniedRequest, realm: Realm | undefined, error: unknown): string;
}

/**
 * Issues a token for a request. If the subject has fewer rights than requested, the token contains fewer actions.
 * Missing rights are an error only if `requireAll` is set.
 * @throws DockpassError with a RequestErrorCode. The denial is recorded before the error is thrown.
 */
export async function issueToken(request: TokenRequest, issuer: Issuer): Promise<Issuance> {
  const realm = resolveRealm(request.host, issuer.realms);
  try {
    requireService(request.service, issuer.service);
    const subject = await authenticate(request.credentials, request, realm, issuer);
    const scopes = parseScopes(request.scopes, issuer.parseScope);
    const grants = decide(subject, realm, scopes, issuer.policy, request.address);
    if (request.requireAll) requireFullAccess(grants, subject, realm, issuer.realms.loginHost);
    const token = await issuer.sign(subject, grants);
    const client = { name: request.client, address: request.address };
    const refreshToken = request.offline ? await issuer.sessions.begin(subject, realm, client) : undefined;
    const issuance = { realm, subject, scopes, grants, token, refreshToken };
    issuer.record.issued(request, issuance);
    return issuance;
  } catch (error) {
    throw withAuditId(error, issuer.record.denied(request, realm, error));
  }
}

/** A request of a person who is signed in to the console. */
export type SignedInRequest = Pick<TokenRequest, 'host' | 'address' | 'client' | 'scopes'>;

/**
 * Issues a token to a person who is signed in to the console. It contains what `decide` grants, like the token that the
 * person gets with the password, and it is recorded in the same way.
 * @throws DockpassError with a RequestErrorCode, for example `bad_scope`. The denial is recorded before
 */
export async function issueSignedInToken(
  subject: UserSubject,
  signedIn: SignedInRequest,
  issuer: Pick<Issuer, 'realms' | 'parseScope' | 'policy' | 'sign' | 'record'>,
): Promise<Issuance> {
  const realm = resolveRealm(signedIn.host, issuer.realms);
  const request: TokenRequest = {
    ...signedIn,
    credentials: noCredentials,
    service: undefined,
    offline: false,
    requireAll: false,
  };
  try {
    const scopes = parseScopes(request.scopes, issuer.parseScope);
    const grants = decide(subject, realm, scopes, issuer.policy, request.address);
    const token = await issuer.sign(subject, grants);
    const issuance = { realm, subject, scopes, grants, token, refreshToken: undefined };
    issuer.record.issued(request, issuance);
    return issuance;
  } catch (error) {
    throw withAuditId(error, issuer.record.denied(request, realm, error));
  }
}

function requireService(requested: string | undefined, service: string): void {
  if (requested === undefined || requested === service) return;
  throw new DockpassError(
    'wrong_service',
    `this token server issues tokens for the service ${JSON.stringify(service)}, but the request is for the service ${JSON.stringify(requested.slice(0, 80))}. Set auth.token.service in the registry to ${JSON.stringify(service)}.`,
  );
}

function requireFullAccess(
  grants: readonly Grant[],
  subject: Subject,
  realm: Realm,
  loginHost: string | undefined,
): void {
  const missing = describeMissingAccess(grants, subject, realm, loginHost);
  if (missing !== undefined) throw new DockpassError('forbidden', missing);
}
