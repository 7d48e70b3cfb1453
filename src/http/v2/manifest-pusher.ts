import type { Config } from '../../config/load.ts';
import { noCredentials, type Credentials } from '../../identity/credentials.ts';
import { issueToken } from '../../issue-token.ts';
import { subjectClaim } from '../../policy/subject.ts';
import { Secret } from '../../secret.ts';
import type { RegistryToken, VerifyRegistryToken } from '../../token/verify-token.ts';
import { basicCredentials } from '../basic-credentials.ts';
import type { RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';

/** The token of a push, and whose it is. */
export interface Pusher {
  /** The Authorization header for the registry. */
  readonly authorization: string | undefined;
  /** The name of the user or robot. Undefined if it is not known, or if the token does not allow the push. */
  readonly name: string | undefined;
  readonly credentials: Credentials;
}

/**
 * Gets a token for a client with Basic credentials, as /auth/forward does.
 * @returns undefined if the client sent no Basic credentials
 * @throws DockpassError if the credentials are wrong, or if they give no right to push. The denial is recorded before
 */
export async function tokenForBasic(
  { host, address, client, authorization }: RequestContext,
  repository: string,
  { issuer }: ServerState,
): Promise<Pusher | undefined> {
  if (!/^basic /i.test(authorization ?? '')) return undefined;
  const credentials = basicCredentials(authorization);
  const scopes = [`repository:${repository}:pull,push`];
  const request = { host, address, client, credentials, service: undefined, scopes, offline: false };
  const { token, subject } = await issueToken({ ...request, requireAll: true }, issuer);
  return { authorization: `Bearer ${token.jwt}`, name: subjectClaim(subject), credentials };
}

/** Finds out whether the token of a request allows to push to the repository, and whose it is. */
export async function findPusher(
  { authorization }: RequestContext,
  repository: string,
  config: Config,
  verify: VerifyRegistryToken,
): Promise<Pusher> {
  const jwt = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const token = jwt === undefined ? undefined : await verify(jwt, config);
  if (token === undefined || !allowsPush(token, repository))
    return { authorization, name: undefined, credentials: noCredentials };
  // The audit log looks for the name among the users and robots. The token has proved it, so there is no password.
  const credentials: Credentials = { kind: 'password', name: token.subject, password: new Secret('') };
  return { authorization, name: token.subject, credentials };
}

function allowsPush({ access }: RegistryToken, repository: string): boolean {
  return access.some(
    ({ type, name, actions }) =>
      type === 'repository' && name === repository && (actions.includes('push') || actions.includes('*')),
  );
}
