import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../errors.ts';
import type { Credentials } from '../../identity/credentials.ts';
import { looksLikeJwt } from '../../identity/token/jwt-form.ts';
import { Secret } from '../../secret.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { TokenRequest } from '../../issue-token.ts';
import { basicTokenCredentials } from '../basic-credentials.ts';
import { readForm } from '../form-body.ts';
import type { RequestContext } from '../request-context.ts';
import { exchangeGrantType, readSubjectToken } from './token-exchange.ts';
import {
  parseTokenQuery,
  readParameters,
  singleParameter,
  type TokenParameters,
} from './token-parameters.ts';

/**
 * Reads a token request in either of its two forms: GET with Basic credentials
 * (https://distribution.github.io/distribution/spec/auth/token/), or POST with the OAuth2 form
 * (https://distribution.github.io/distribution/spec/auth/oauth/).
 * @param parseQuery `parseTokenQuery` or a cached version of it
 * @throws DockpassError with a RequestErrorCode
 */
export async function readTokenRequest(
  request: IncomingMessage,
  context: RequestContext,
  parseQuery: (query: string) => TokenParameters = parseTokenQuery,
): Promise<TokenRequest> {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return fromQuery(context, parseQuery(context.query));
    case 'POST':
      return fromForm(await readForm(request), context);
    default:
      throw new DockpassError(
        'method_not_allowed',
        'a token cannot be requested with this method. Use GET or POST.',
      );
  }
}

function fromQuery(context: RequestContext, parameters: TokenParameters): TokenRequest {
  const credentials = basicTokenCredentials(context.authorization);
  const { account } = parameters;
  if (
    account !== undefined &&
    credentials.kind === 'password' &&
    account !== credentials.name &&
    toCanonicalName(account) !== toCanonicalName(credentials.name) &&
    // The user name that comes with a JWT means nothing.
    !looksLikeJwt(credentials.password.reveal())
  ) {
    throw new DockpassError(
      'wrong_account',
      'the account parameter and the Authorization header name different users. Send the same user in both.',
    );
  }
  return tokenRequestOf(context, parameters, credentials, parameters.offline);
}

function fromForm(form: URLSearchParams, context: RequestContext): TokenRequest {
  const credentials = formCredentials(form, context);
  if (context.authorization !== undefined) {
    throw new DockpassError(
      'bad_request',
      'the request has credentials both in the Authorization header and in the form. Send only one of them.',
    );
  }
  const parameters = readParameters(form);
  const offline = parameters.offline || singleParameter(form, 'access_type') === 'offline';
  return tokenRequestOf(context, parameters, credentials, offline);
}

/**
 * Reads the credentials of a form (RFC 6749 sections 4.3.2 and 6, RFC 8693 section 2.1). The parameter `grant_type`
 * names one type of credentials. If the form contains credentials of another type, they are ignored.
 */
function formCredentials(form: URLSearchParams, { host }: RequestContext): Credentials {
  const grantType = singleParameter(form, 'grant_type');
  switch (grantType) {
    case 'password': {
      const name = singleParameter(form, 'username');
      const password = singleParameter(form, 'password');
      if (name === undefined || password === undefined)
        throw new DockpassError(
          'bad_request',
          'the form has grant_type=password, but username or password is missing. Send both. If docker stores an identity token instead of the password, log in with an access token, which "dockpass token create" creates.',
        );
      return { kind: 'password', name, password: new Secret(password) };
    }
    case 'refresh_token': {
      const token = singleParameter(form, 'refresh_token');
      if (token === undefined)
        throw new DockpassError(
          'bad_request',
          'the form has grant_type=refresh_token but no refresh token. Send the token in the parameter refresh_token.',
        );
      return { kind: 'refresh token', token: new Secret(token) };
    }
    case exchangeGrantType:
      return readSubjectToken(form, host);
    case undefined:
      throw new DockpassError(
        'bad_request',
        'the form has no grant_type. Send grant_type=password or grant_type=refresh_token.',
      );
    default:
      throw new DockpassError(
        'unsupported_grant_type',
        `the grant type ${JSON.stringify(grantType.slice(0, 40))} is not supported. Send grant_type=password or grant_type=refresh_token.`,
      );
  }
}

function tokenRequestOf(
  context: RequestContext,
  parameters: TokenParameters,
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
    requireAll: false,
  };
}
