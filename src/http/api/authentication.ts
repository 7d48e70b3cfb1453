import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../errors.ts';
import { authenticate } from '../../identity/authenticate.ts';
import type { TokenAuthenticator } from '../../identity/authenticator.ts';
import { noCredentials, type Credentials } from '../../identity/credentials.ts';
import type { UserSubject } from '../../policy/subject.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { Secret } from '../../secret.ts';
import { basicCredentials } from '../basic-credentials.ts';
import type { RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';
import { rankOf, requireApiAllowed, type Caller } from './caller.ts';

/** The user of a session of the console. */
export interface ConsoleSession {
  readonly subject: UserSubject;
  readonly sessionId: string;
}

/** Finds the session of the console by the cookie of a request. Returns undefined if there is no valid session. */
export type FindConsoleSession = (
  request: IncomingMessage,
  context: RequestContext,
) => Promise<ConsoleSession | undefined>;

export interface AuthenticationParts {
  readonly tokenAuthenticators: readonly TokenAuthenticator[];
  /** Undefined if the server has no console. */
  readonly findConsoleSession?: FindConsoleSession;
}

/**
 * Finds out who sends a request. An Authorization header decides alone: the cookie is then ignored. Passwords and
 * tokens are checked by the authenticators of the token endpoint, with the same rate limits and lockouts. Denied logins
 * are recorded in the audit log, as at the token endpoint.
 * @throws DockpassError `login_required`, `wrong_credentials`, `api_not_allowed`, `too_many_attempts`, `unavailable`,
 *   `busy`
 */
export async function findCaller(
  request: IncomingMessage,
  context: RequestContext,
  state: ServerState,
  parts: AuthenticationParts,
): Promise<Caller> {
  const { authorization } = context;
  if (authorization !== undefined) {
    const subject = requireApiAllowed(await login(authorization, context, state, parts));
    return { subject, through: 'api', rank: rankOf(subject) };
  }
  const session = await parts.findConsoleSession?.(request, context);
  if (session === undefined)
    throw new DockpassError(
      'login_required',
      'log in first: send an access token in the Authorization header, as in "Authorization: Bearer TOKEN".',
    );
  const { subject, sessionId } = session;
  return { subject, through: 'console', rank: rankOf(subject), sessionId };
}

async function login(
  authorization: string,
  context: RequestContext,
  { issuer }: ServerState,
  { tokenAuthenticators }: AuthenticationParts,
) {
  let credentials: Credentials = noCredentials;
  const realm = resolveRealm(context.host, issuer.realms);
  try {
    const token = /^bearer +([\w~+/.-]+=*) *$/i.exec(authorization)?.[1];
    if (token === undefined) {
      credentials = basicCredentials(authorization);
      return await authenticate(credentials, context, realm, issuer);
    }
    return await authenticateBearer(new Secret(token), context, tokenAuthenticators);
  } catch (error) {
    const { address, client } = context;
    issuer.record.denied({ address, client, credentials, scopes: [] }, realm, error);
    throw error;
  }
}

async function authenticateBearer(
  password: Secret,
  context: RequestContext,
  authenticators: readonly TokenAuthenticator[],
) {
  for (const authenticator of authenticators) {
    const answer = await authenticator({ name: undefined, password }, context);
    if (answer.verdict === 'right') return answer.subject;
    if (answer.verdict === 'wrong') break;
  }
  throw new DockpassError(
    'wrong_credentials',
    'the bearer token is not valid: it is unknown, expired or revoked. Send an access token or the secret of a robot that was created with --api.',
  );
}
