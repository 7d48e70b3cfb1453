import { withRecordId, DockpassError } from './errors.ts';
import { authenticate } from './identity/authenticate.ts';
import type { Authenticator } from './identity/authenticator.ts';
import type { Credentials } from './identity/credentials.ts';
import type { Sessions } from './identity/token/sessions.ts';
import type { Secret } from './secret.ts';
import type { Subject } from './policy/subject.ts';
import { decide, type Grant, type Policy } from './policy/decide.ts';
import type { Host } from './net/host.ts';
import type { Realm } from './realm/realm.ts';
import { resolveRealm, type RealmSettings } from './realm/resolve-realm.ts';
import { parseScopes } from './scope/parse-scopes.ts';
import type { Scope } from './scope/scope.ts';
import type { Signer } from './token/sign.ts';
import type { SignedToken } from './token/signed-token.ts';

/** A request for a token, whatever it came by: HTTP form, GET, the edge's question, `dockpass explain`. */
export interface TokenRequest {
  readonly host: Host;
  /** The client's address, as far as the proxies in front are trusted. */
  readonly address: string;
  /** What the client calls itself. */
  readonly client: string;
  readonly credentials: Credentials;
  /** Undefined where the client named none. */
  readonly service: string | undefined;
  /** As sent: each may hold several, joined by spaces. */
  readonly scopes: readonly string[];
  /** Is a refresh token wanted too? */
  readonly offline: boolean;
}

/** All that issuing rests on; compose.ts puts it together. */
export interface Issuer {
  readonly service: string;
  readonly realms: RealmSettings;
  readonly authenticators: readonly Authenticator[];
  readonly sessions: Sessions;
  readonly policy: Policy;
  readonly sign: Signer;
  readonly record: Recorder;
}

/** What became of a request. */
export interface Issuance {
  readonly realm: Realm;
  readonly subject: Subject;
  readonly scopes: readonly Scope[];
  readonly grants: readonly Grant[];
  readonly token: SignedToken;
  readonly refreshToken: Secret | undefined;
}

/** What is known of a request that was refused; no realm where it could not even be read. */
export type DeniedRequest = Pick<TokenRequest, 'address' | 'client' | 'credentials' | 'scopes'>;

/** Is told of every issuance and every refusal. Never holds a request up, never throws. */
export interface Recorder {
  issued(request: TokenRequest, issuance: Issuance): void;
  /** Returns the id under which an auditor finds it. */
  refused(request: DeniedRequest, realm: Realm | undefined, error: unknown): string;
}

/**
 * From the request to the signed token, step by step. Fewer rights than asked is no error: the token holds less.
 * @throws DockpassError with a RequestErrorCode; every refusal is recorded before it is thrown.
 */
export async function issueToken(request: TokenRequest, issuer: Issuer): Promise<Issuance> {
  const realm = resolveRealm(request.host, issuer.realms);
  try {
    requireService(request.service, issuer.service);
    const subject = await authenticate(
      request.credentials,
      request,
      realm,
      issuer.authenticators,
      issuer.sessions,
    );
    const scopes = parseScopes(request.scopes);
    const grants = decide(subject, realm, scopes, issuer.policy, request.address);
    const token = await issuer.sign(subject, grants);
    const refreshToken = await refreshTokenFor(request, subject, realm, issuer.sessions);
    const issuance = { realm, subject, scopes, grants, token, refreshToken };
    issuer.record.issued(request, issuance);
    return issuance;
  } catch (error) {
    throw withRecordId(error, issuer.record.refused(request, realm, error));
  }
}

/** Never unasked: crane changes its ways when it is given one. */
async function refreshTokenFor(
  request: TokenRequest,
  subject: Subject,
  realm: Realm,
  sessions: Sessions,
): Promise<Secret | undefined> {
  if (!request.offline) return undefined;
  return sessions.begin(subject, realm, { name: request.client, address: request.address });
}

function requireService(asked: string | undefined, ours: string): void {
  if (asked === undefined || asked === ours) return;
  throw new DockpassError(
    'wrong_service',
    `this token server speaks for the service ${JSON.stringify(ours)}, not for ${JSON.stringify(asked.slice(0, 80))}: set auth.token.service in the registry to ${JSON.stringify(ours)}`,
  );
}
