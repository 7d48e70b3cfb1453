import type { Issuer } from '../issue-token.ts';
import type { Identify } from '../identity/federated/identify.ts';
import type { Host } from '../net/host.ts';
import type { TrustedProxies } from '../net/trusted-proxies.ts';
import type { Subject } from '../policy/subject.ts';
import type { CatalogClaim } from '../token/catalog-claim.ts';
import type { RegistryToken } from '../token/verify-token.ts';
import type { TokenParameters } from './token/token-parameters.ts';

/**
 * Everything that the endpoints need to answer a request. A configuration reload replaces the whole object. An endpoint
 * reads the object only once per request, so that a reload does not change the configuration in the middle of a
 * request.
 */
export interface ServerState {
  readonly issuer: Issuer;
  /** Verifies a JWT and finds its trust rule, as a login does, but without a login. */
  readonly identify: Identify;
  /** Finds the subject of a registry token again, with the rights that it has now. */
  readonly findTokenHolder: (token: RegistryToken, claim: CatalogClaim) => Promise<Subject | undefined>;
  /** The proxies whose Host and X-Forwarded-For headers are trusted. */
  readonly trustedProxies: TrustedProxies;
  readonly parsers: RequestParsers;
}

/** Returns the state that an endpoint uses for a request that has just arrived. */
export type CurrentState = () => ServerState;

/**
 * Pure functions that parse parts of a request. The server uses versions of them that cache the results
 * (src/app/parsers.ts).
 */
export interface RequestParsers {
  /** Parses a Host header, see `parseHost`. */
  host(text: string): Host;
  /** Parses the query of `GET /auth/token`, see `parseTokenQuery`. */
  tokenQuery(query: string): TokenParameters;
  /** Returns the scopes that a registry request needs, see `scopesOfForwardedRequest`. */
  forwardedScopes(request: string): readonly string[] | undefined;
}
