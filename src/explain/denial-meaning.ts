import type { RequestErrorCode } from '../errors.ts';

/** What each refusal means to whoever runs the registry, and what mends it. */
export const explainDenial: Readonly<Record<RequestErrorCode, string>> = {
  bad_request:
    'the request was not in the form that clients send: look at the client, or at a proxy that rewrites it',
  bad_host: 'the Host header was no host name: the proxy in front must pass on the name that the client used',
  bad_scope: 'the scope was not type:name:actions with a lower-case repository name: correct the image name',
  wrong_service: "the registry's auth.token.service is not the service in dockpass.yml: make them the same",
  wrong_account: 'the login and the account parameter named different users: log in again',
  unsupported_grant_type: 'the client asked in a way that is not served: password and refresh_token are',
  unsupported_token_type: 'only refresh tokens can be revoked by whoever holds them',
  invalid_grant:
    'the login kept by docker has ended (idle, expired, revoked, or the user changed): docker login again',
  login_required:
    'nobody was logged in, and under this name a login is needed: docker login, or use a public name',
  wrong_credentials:
    'the name and the password did not fit: no such user, a wrong or expired password, token or secret, or a disabled user. "dockpass user show NAME" tells which',
  forbidden:
    'the rights do not reach that far: "dockpass explain --host HOST --user NAME SCOPE" shows what decides',
  not_found: 'there is nothing at that path: tokens are at /auth/token',
  method_not_allowed: 'that path does not take this method',
  body_too_large: 'the request was larger than any client sends',
  unsupported_media_type: 'the body was not a form',
  too_many_attempts:
    'too many wrong passwords, so further ones wait; access tokens still work. "dockpass user unlock NAME" ends the waiting',
  busy: 'too many passwords were to be checked at once: machines should use access tokens or robots, which cost nothing',
  unavailable: 'the database did not answer: the log of the server says why',
  internal: 'a fault of dockpass: the log of the server at that time says more',
};
