import type { RequestErrorCode } from '../errors.ts';

/** For each error code: what the error means to the administrator of the registry, and how to fix it. */
export const explainDenial: Readonly<Record<RequestErrorCode, string>> = {
  bad_request:
    'The request was malformed. Check the client, and any proxy that rewrites requests on the way.',
  bad_host:
    'The Host header was not a host name. Configure the reverse proxy to pass on the host that the client used.',
  bad_scope:
    'The scope was not type:name:actions with a lower-case repository name. Correct the name of the image.',
  wrong_service:
    'The auth.token.service of the registry differs from the service in dockpass.yml. Use the same value in both.',
  wrong_account: 'The login and the account parameter named different users. Log in again.',
  unsupported_grant_type:
    'The client used a grant type that dockpass does not support. It supports password and refresh_token.',
  unsupported_token_type:
    'Clients can revoke refresh tokens only. Revoke other tokens with "dockpass token revoke".',
  invalid_grant:
    'The refresh token of the docker client is no longer valid: it has expired, was revoked, or the user has changed. Run docker login again.',
  login_required:
    'The client was not logged in, and this domain requires a login. Run docker login, or use a public domain.',
  wrong_credentials:
    'Name and password do not match: the user does not exist, the password, token or secret is wrong or has expired, or the user is disabled. "dockpass user show NAME" shows whether the user exists and is disabled.',
  forbidden:
    'The rights of the user do not include this action. "dockpass explain --host HOST --user NAME SCOPE" shows what decides.',
  not_found: 'Nothing exists at this path. The token endpoint is /auth/token.',
  method_not_allowed:
    'This path does not support this HTTP method. The Allow header of the answer names those that it supports.',
  body_too_large: 'The request body was larger than a client normally sends. Check which program sent it.',
  unsupported_media_type:
    'The request body was not a form (application/x-www-form-urlencoded). Check which program sent it.',
  too_many_attempts:
    'Too many login attempts failed, so further attempts must wait. Access tokens still work. "dockpass user unlock NAME" ends the wait.',
  busy: 'Too many passwords were waiting to be checked at the same time. Machines should log in with access tokens or robots, whose check is cheap.',
  unavailable: 'The database did not respond. The server log shows the reason.',
  internal: 'dockpass has a bug. The server log at that time shows more; report it.',
};
