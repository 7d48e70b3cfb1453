import { memoize } from '../cache/memoize.ts';
import { scopesOfForwardedRequest } from '../http/forward/forwarded-request.ts';
import type { RequestParsers } from '../http/server-state.ts';
import { parseTokenQuery } from '../http/token/token-parameters.ts';
import { parseHost } from '../net/host.ts';
import { parseScope } from '../scope/parse-scopes.ts';
import type { Scope } from '../scope/scope.ts';

/**
 * Creates the functions that parse parts of requests. Each function caches its results, because many clients send the
 * same few hosts, queries and scopes.
 */
export function createParsers(): RequestParsers & { scope(text: string): Scope } {
  return {
    host: memoize(1000, parseHost),
    tokenQuery: memoize(1000, parseTokenQuery),
    forwardedScopes: memoize(1000, scopesOfForwardedRequest),
    scope: memoize(2000, parseScope),
  };
}
