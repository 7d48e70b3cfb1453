import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../errors.ts';
import type { Credentials } from '../../identity/credentials.ts';
import { Secret } from '../../secret.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { TokenRequest } from '../../issue-token.ts';
import { memoize } from '../../cache/memoize.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { readForm } from '../form-body.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * Turns either form of a token request into the one value that the story knows: GET with Basic
 * (https://distribution.github.io/distribution/spec/auth/token/) or the OAuth2 form
 * (https://distribution.github.io/distribution/spec/auth/oauth/).
 * @throws DockpassError
 */
export async function readTokenRequest(
  request: IncomingMessage,
  context: RequestContext,
): Promise<TokenRequest> {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return fromQuery(context);
    case 'POST':
      return fromForm(await readForm(request), context);
    default:
      throw new DockpassError('method_not_allowed', 'ask for a token with GET or POST');
  }
}

function fromQuery(context: RequestContext): TokenRequest {
  const parameters = recentParameters(context.query);
  const credentials = basicCredentials(context.authorization);
  const { account } = parameters;
  if (
    account !== undefined &&
    credentials.kind === 'password' &&
    toCanonicalName(account) !== toCanonicalName(credentials.name)
  ) {
    throw new DockpassError(
      'wrong_account',
      'the account parameter and the Authorization header name different users',
    );
  }
  return common(context, parameters, credentials, parameters.offline);
}

function fromForm(parameters: URLSearchParams, context: RequestContext): TokenRequest {
  const credentials = formCredentials(parameters);
  if (context.authorization !== undefined) {
    throw new DockpassError(
      'bad_request',
      'credentials stand both in the Authorization header and in the form; send one',
    );
  }
  const read = readParameters(parameters);
  return common(context, read, credentials, read.offline || single(parameters, 'access_type') === 'offline');
}

/** RFC 6749 sections 4.3.2 and 6. The one that grant_type does not name is not looked at. */
function formCredentials(parameters: URLSearchParams): Credentials {
  const grantType = single(parameters, 'grant_type');
  switch (grantType) {
    case 'password': {
      const name = single(parameters, 'username');
      const password = single(parameters, 'password');
      if (name === undefined || password === undefined)
        throw new DockpassError('bad_request', 'grant_type=password wants username and password');
      return { kind: 'password', name, password: new Secret(password) };
    }
    case 'refresh_token': {
      const token = single(parameters, 'refresh_token');
      if (token === undefined)
        throw new DockpassError('bad_request', 'grant_type=refresh_token wants refresh_token');
      return { kind: 'refresh token', token: new Secret(token) };
    }
    case undefined:
      throw new DockpassError('bad_request', 'grant_type is missing: send password or refresh_token');
    default:
      throw new DockpassError(
        'unsupported_grant_type',
        `the grant type ${JSON.stringify(grantType.slice(0, 40))} is not supported: send password or refresh_token`,
      );
  }
}

/** What both forms have in common. */
interface Parameters {
  readonly account: string | undefined;
  readonly client: string | undefined;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly offline: boolean;
}

function readParameters(parameters: URLSearchParams): Parameters {
  return {
    account: single(parameters, 'account'),
    client: clientName(single(parameters, 'client_id')),
    service: single(parameters, 'service'),
    scopes: parameters.getAll('scope'),
    // docker asks in these words with GET and, as containerd and BuildKit do, in OAuth's with POST.
    offline: single(parameters, 'offline_token') === 'true',
  };
}

/** A fleet sends the same query again and again. */
const recentParameters = memoize(1000, (query) => readParameters(new URLSearchParams(query)));

function common(
  context: RequestContext,
  parameters: Parameters,
  credentials: Credentials,
  offline: boolean,
): TokenRequest {
  return {
    host: context.host,
    address: context.address,
    client: parameters.client ?? context.client,
    credentials,
    service: parameters.service,
    scopes: parameters.scopes,
    offline,
  };
}

/** What a client calls itself in the request says more than its User-Agent. It is shown on terminals: kept to print. */
export function clientName(id: string | undefined): string | undefined {
  return id?.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, 120);
}

/** RFC 6749 section 3.1: parameters must not be repeated. Only `scope` is, by podman. */
export function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1)
    throw new DockpassError('bad_request', `the parameter ${name} is repeated; send it once`);
  return values[0] || undefined;
}
