import { DockpassError } from '../../errors.ts';

/** The parameters that a token request can have, both with GET and with POST. */
export interface TokenParameters {
  readonly account: string | undefined;
  readonly client: string | undefined;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** True if the client requests a refresh token with `offline_token=true`. */
  readonly offline: boolean;
}

/** Parses the query of `GET /auth/token`. @throws DockpassError `bad_request` */
export function parseTokenQuery(query: string): TokenParameters {
  return readParameters(new URLSearchParams(query));
}

/** Reads the parameters of a query or of a form. @throws DockpassError `bad_request` */
export function readParameters(parameters: URLSearchParams): TokenParameters {
  return {
    account: singleParameter(parameters, 'account'),
    client: printableClientName(singleParameter(parameters, 'client_id')),
    service: singleParameter(parameters, 'service'),
    scopes: parameters.getAll('scope'),
    // With GET, docker sends offline_token=true. With POST, docker, containerd and BuildKit send access_type=offline,
    // which src/http/token/token-request.ts reads.
    offline: singleParameter(parameters, 'offline_token') === 'true',
  };
}

/**
 * Shortens a `client_id` to 120 characters and replaces characters that are not printable, because the id is shown on
 * terminals. If a request has a `client_id`, dockpass uses this id as the name of the client. It does not use the
 * User-Agent in this case, because the id is more precise.
 */
export function printableClientName(id: string | undefined): string | undefined {
  return id?.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, 120);
}

/**
 * Reads a parameter that must not be repeated (RFC 6749 section 3.1). Only `scope` may be repeated, because podman
 * repeats it.
 * @returns undefined if the parameter is missing or empty
 * @throws DockpassError `bad_request` if the parameter is repeated
 */
export function singleParameter(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1)
    throw new DockpassError('bad_request', `the parameter ${name} is repeated. Send it only once.`);
  return values[0] || undefined;
}
