import type { RequestErrorCode } from '../errors.ts';

/** The explanation of each error code: what the error means to the administrator of the registry, and how to fix it. */
export const explainDenial: Readonly<Record<RequestErrorCode, string>> = {
  bad_request:
    'The request was malformed. Check the client, and any proxy between the client and dockpass that changes requests.',
  bad_host:
    'The Host header was not a host name. Configure the reverse proxy to pass on the host that the client used.',
  bad_scope:
    'The scope did not have the form type:name:actions, or its repository name was not valid, for example because of an upper-case letter. Correct the name of the image.',
  wrong_service:
    'The auth.token.service of the registry differs from the service in dockpass.yml. Use the same value in both.',
  wrong_account:
    'The request contained two different user names: one in the credentials and one in the account parameter. Run docker login again.',
  unsupported_grant_type:
    'The client used a grant type that dockpass does not support. dockpass supports the grant types password and refresh_token, and, if there are trust rules, the token exchange of RFC 8693.',
  unsupported_token_type:
    'A client tried to revoke a token that is not a refresh token. Clients can revoke only refresh tokens. Revoke an access token with "dockpass token revoke".',
  invalid_grant:
    'The refresh token that the docker client used is not valid: it has expired or was revoked, it was issued for another host or service, or the user was disabled, removed or given a new password. The session of a CI job also ends if its trust rule was removed or no longer matches. Run docker login again.',
  invalid_target:
    'A token exchange named a target (resource or audience) for which dockpass issues no tokens. Leave these parameters out, or name the host of the registry.',
  invalid_subject_token:
    'dockpass rejected the JWT in a token exchange. The reason after the code says why. To see how the trust rules match a JWT, run "dockpass trust test FILE".',
  login_required:
    'The client was not logged in, and this domain requires a login. Run docker login, or use a public domain. Some clients cannot use the identity token that docker stores after a login. For such a client, log in with an access token ("dockpass token create").',
  wrong_credentials:
    'The login failed because the user does not exist or is disabled, or because the password, token or secret is wrong or has expired. A client that does not read the identity tokens of docker sends an empty password: log in with an access token ("dockpass token create"). To see whether the user exists and is disabled, run "dockpass user show NAME".',
  jwt_rejected:
    'dockpass rejected the JWT with which a job or a pod logged in. The reason after the code says why. To see how the trust rules match a JWT, run "dockpass trust test FILE".',
  forbidden:
    'The rights of the user do not include this action. To see why, run "dockpass explain --host HOST --user NAME SCOPE".',
  immutable_tag:
    'The tag exists, and the setting immutableTags does not allow to push it again, not even for administrators. Push another tag. To push this tag again, delete it first, for example with "dockpass repo delete REPO:TAG".',
  not_found: 'Nothing exists at this path. The token endpoint is /auth/token.',
  method_not_allowed:
    'This path does not support this HTTP method. The Allow header of the answer lists the supported methods.',
  body_too_large:
    'The request body was larger than a client normally sends. Check which program sent the request.',
  unsupported_media_type:
    'The request body was not a form (application/x-www-form-urlencoded). Check which program sent the request.',
  too_many_attempts:
    'There were too many login attempts with a wrong password, so dockpass rejects further passwords for some time. Access tokens still work. To end the lockout of a user, run "dockpass user unlock NAME".',
  busy: 'Too many passwords were waiting to be checked at the same time. For logins by machines, use access tokens or robots, because dockpass can check their secrets much faster than passwords.',
  unavailable:
    'The database did not respond, or the keys that verify a JWT could not be read. If no reason follows the code, the server log shows it.',
  internal:
    'The request failed because of a bug in dockpass. Report the bug, and attach the server log from the time of the request.',
};
