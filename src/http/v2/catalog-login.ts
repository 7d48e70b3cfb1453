import { catalogAccessFor, catalogScope } from '../../admin/catalog/list-catalog.ts';
import type { Asker } from '../../admin/images/access.ts';
import { DockpassError, withAuditId } from '../../errors.ts';
import { noCredentials, type Credentials } from '../../identity/credentials.ts';
import { issueToken } from '../../issue-token.ts';
import { formatHost } from '../../net/host.ts';
import type { CatalogAccess } from '../../policy/decide.ts';
import { anonymous, type Subject } from '../../policy/subject.ts';
import type { Realm } from '../../realm/realm.ts';
import { formatScope } from '../../scope/scope.ts';
import { readCatalogClaim } from '../../token/catalog-claim.ts';
import type { RegistryToken } from '../../token/verify-token.ts';
import { basicCredentials } from '../basic-credentials.ts';
import type { ChallengeDetails } from '../challenge.ts';
import type { RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';

/** Who requests the list of repositories, and what this client may list. */
export interface Lister {
  readonly asker: Asker;
  readonly access: CatalogAccess;
}

/** A request that needs another token. The answer is 401 with a challenge, after which clients request this token. */
export class CatalogDenial extends DockpassError<'login_required'> {
  readonly challenge: ChallengeDetails['error'];
  constructor(message: string, challenge?: ChallengeDetails['error']) {
    super('login_required', message);
    this.challenge = challenge;
  }
}

/**
 * Finds out who requests the list of repositories. The domain of the request decides what counts, not that of a token.
 * @param verify verifies a registry token of this server
 * @throws CatalogDenial; DockpassError with a RequestErrorCode if a login with Basic fails
 */
export async function findLister(
  context: RequestContext,
  realm: Realm,
  state: ServerState,
  verify: (jwt: string) => Promise<RegistryToken | undefined>,
): Promise<Lister> {
  const { policy } = state.issuer;
  const { address, authorization } = context;
  // Without the public catalog, the answer is the same for everyone, whatever the credentials are.
  const isHidden = realm.kind === 'public' && !policy.publicCatalog;
  const subject = isHidden ? undefined : await findSubject(authorization, context, realm, state, verify);
  if (subject === undefined) throw loginRequired(realm);
  const asker = { subject, realm, policy, address };
  const access = catalogAccessFor(asker);
  if (access === undefined) throw notGranted(realm);
  return { asker, access };
}

async function findSubject(
  authorization: string | undefined,
  context: RequestContext,
  realm: Realm,
  state: ServerState,
  verify: (jwt: string) => Promise<RegistryToken | undefined>,
): Promise<Subject | undefined> {
  if (authorization === undefined) return realm.kind === 'public' ? anonymous : undefined;
  if (/^basic /i.test(authorization)) return logIn(authorization, context, realm, state);
  const jwt = /^bearer +([\w.-]+) *$/i.exec(authorization)?.[1];
  const token = jwt === undefined ? undefined : await verify(jwt);
  if (token === undefined) throw invalidToken();
  const claim = readCatalogClaim(token.claims);
  if (claim === undefined || (realm.kind === 'private' && claim.domain !== 'private'))
    throw notGranted(realm);
  const holder = await state.findTokenHolder(token, claim);
  if (holder === undefined) throw invalidToken();
  return holder;
}

/**
 * Logs in with Basic. The login and the right to list are checked and recorded as for a token, so the same rate limits
 * count, and the audit log shows the same. The token itself is not used.
 */
async function logIn(
  authorization: string,
  { host, address, client }: RequestContext,
  realm: Realm,
  { issuer }: ServerState,
): Promise<Subject> {
  const scopes = [formatScope(catalogScope)];
  let credentials: Credentials;
  try {
    credentials = basicCredentials(authorization);
  } catch (error) {
    const denied = { address, client, credentials: noCredentials, scopes };
    throw withAuditId(error, issuer.record.denied(denied, realm, error));
  }
  const request = { host, address, client, credentials, service: undefined, scopes };
  return (await issueToken({ ...request, offline: false, requireAll: true }, issuer)).subject;
}

function loginRequired(realm: Realm): CatalogDenial {
  return new CatalogDenial(
    realm.kind === 'public'
      ? `the repositories of ${formatHost(realm.host)} are not listed.`
      : `log in first: docker login ${formatHost(realm.host)}`,
  );
}

function invalidToken(): CatalogDenial {
  return new CatalogDenial(
    'the token is not valid any more, or its user has no access any more. Request a new token.',
    'invalid_token',
  );
}

function notGranted(realm: Realm): CatalogDenial {
  return new CatalogDenial(
    `the token does not allow to list repositories on ${formatHost(realm.host)}. Request a token with the scope ${formatScope(catalogScope)}.`,
    'insufficient_scope',
  );
}
