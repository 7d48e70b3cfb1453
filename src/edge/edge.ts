import type { ListenAddress } from '../net/listen-address.ts';
import { domainPattern, type Domain } from '../realm/domain.ts';
import { formatHost } from '../net/host.ts';
import { pullOnlyMessage } from '../realm/pull-only-message.ts';
import { resolveRealm, type RealmSettings } from '../realm/resolve-realm.ts';

/**
 * The edge is the reverse proxy in front of the registry and dockpass. This type describes what it does, without naming
 * a program. The configurations of Caddy, nginx and Traefik are rendered from it, so that all three behave alike.
 */
export interface Edge {
  readonly port: number;
  /** False if the machine has no IPv6 address. The edge would not start if it had to listen on one. */
  readonly ipv6: boolean;
  readonly tls: EdgeTls;
  /** The address at which the edge reaches the registry. */
  readonly registry: ListenAddress;
  /** The address at which the edge reaches dockpass. */
  readonly dockpass: ListenAddress;
  /** The host names that the edge serves; a name may begin with `*.`. If empty, it serves all names. */
  readonly names: readonly string[];
  /**
   * Addresses and networks of the TLS proxies in front of an edge that speaks plain HTTP. The edge trusts their
   * X-Forwarded-For header. For all other peers, the address of the connection is the client's address.
   */
  readonly outerProxies: readonly string[];
  /** The edge denies all writes on these domains, whatever token the client sends. Undefined if no domain is public. */
  readonly publicDomainRules: PublicDomainRules | undefined;
}

export interface PublicDomainRules {
  /** `all` if `externalUrl` is set and public, because then every client uses that host. */
  readonly domains: readonly Domain[] | 'all';
  /** The host name in the message of a denial. If undefined, it is the Host header of the request. */
  readonly hostName: string | undefined;
  /** The private domain that the message names for logging in. Undefined if none is configured. */
  readonly loginHost: string | undefined;
}

export type EdgeTls =
  /** Plain HTTP, behind a TLS proxy or on localhost. */
  | { readonly kind: 'off' }
  /** Two PEM files. Both paths may name the same file. */
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  /**
   * Certificates by ACME for these names; only Caddy supports it. `server` is the URL of an ACME directory. If it is
   * undefined, Caddy chooses a public CA.
   */
  | { readonly kind: 'acme'; readonly names: readonly string[]; readonly server: string | undefined };

/**
 * Matches the Host header of requests to this machine: localhost, *.localhost and loopback addresses, with any port.
 * For them, the realm uses plain HTTP unless a proxy sends another X-Forwarded-Proto. The pattern has the same meaning
 * in nginx, Go and JavaScript. It must be matched without regard to case.
 */
export const localHostPattern = String.raw`^(([^:]+\.)?localhost\.?|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?$`;

/**
 * Patterns for the X-Forwarded-Proto header of a proxy in front. If the header is a list, the first entry counts,
 * because it describes the connection of the client. The edge passes on a single word, because registry 3.x copies the
 * header into the realm unchanged.
 */
export const outerSchemePatterns = { https: '^https[ ]*(,|$)', http: '^http[ ]*(,|$)' } as const;

/** @returns undefined if no domain is public */
export function publicDomainRulesOf({
  publicDomains,
  externalHost,
  loginHost,
}: RealmSettings): PublicDomainRules | undefined {
  if (externalHost !== undefined) {
    const isPublic = resolveRealm(externalHost, { publicDomains, externalHost: undefined }).kind === 'public';
    return isPublic
      ? { domains: 'all', hostName: formatHost(externalHost), loginHost: undefined }
      : undefined;
  }
  if (publicDomains.length === 0) return undefined;
  return { domains: publicDomains, hostName: undefined, loginHost };
}

/** Patterns for the Host header of requests to public domains, in the syntax of {@link localHostPattern}. */
export function publicHostPatterns({ domains }: PublicDomainRules): readonly string[] {
  return domains === 'all' ? ['^'] : domains.map(domainPattern);
}

/** The methods that a public domain allows. All others could write. */
export const readingMethods = ['GET', 'HEAD', 'OPTIONS'] as const;

/**
 * Headers that the edge removes from every request. The registry would build the URLs in its answers from them, and any
 * client can send them.
 */
export const removedHeaders = ['Forwarded', 'X-Forwarded-Host', 'X-Real-IP'] as const;

/**
 * The headers with which the edge describes the original request to /auth/forward. From a client they are not trusted.
 */
const forwardHeaders = ['X-Forwarded-Method', 'X-Forwarded-Uri'] as const;

/**
 * Headers that dockpass does not need. dockpass rejects requests with more than 16 KiB of headers, and the cookies of a
 * browser alone can be that large.
 */
export const unneededHeaders = ['Cookie'] as const;

/** The headers of a client's request that the edge does not pass on to dockpass. */
export const withheldHeaders = [...forwardHeaders, ...unneededHeaders] as const;

/**
 * The header in which /auth/forward repeats the `errors` array of its body, as JSON in ASCII. nginx needs it, because
 * it discards the body of such an answer (src/http/forward/forward-endpoint.ts).
 */
export const denialHeader = 'X-Dockpass-Errors';

/**
 * The bodies of answers that the edge itself gives, in the format that registry clients display:
 * https://distribution.github.io/distribution/spec/api/#errors
 */
export const answers = {
  notFound: body('NOT_FOUND', 'not found: the registry is under /v2/ and its token server under /auth/'),
  unauthorized: body('UNAUTHORIZED', 'wrong user name or password, or login required'),
  denied: body('DENIED', 'this user does not have the right to do this'),
  unavailable: body(
    'UNAVAILABLE',
    'the registry or its token server does not answer; try again in a few seconds',
  ),
} as const;

/**
 * The body of the answer to a write on a public domain.
 * @param host the variable with which the edge inserts the Host header of the request
 */
export function writeDenialBody({ hostName, loginHost }: PublicDomainRules, host: string): string {
  return body('DENIED', pullOnlyMessage(hostName ?? host, loginHost));
}

function body(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
