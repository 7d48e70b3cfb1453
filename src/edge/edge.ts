import type { ListenAddress } from '../net/listen-address.ts';
import { domainPattern, type Domain } from '../realm/domain.ts';
import { formatHost } from '../net/host.ts';
import { pullOnlyMessage } from '../realm/pull-only-message.ts';
import { resolveRealm, type RealmSettings } from '../realm/resolve-realm.ts';

/**
 * The edge is the reverse proxy in front of the registry and dockpass. This type describes an edge independently of the
 * program that runs it. The configurations of Caddy, nginx and Traefik are rendered from this description, so that all
 * three programs behave alike.
 */
export interface Edge {
  readonly port: number;
  /**
   * False if the machine has no IPv6 address. The edge must then not try to listen on IPv6, because it would fail to
   * start.
   */
  readonly ipv6: boolean;
  readonly tls: EdgeTls;
  /** The address at which the edge reaches the registry. */
  readonly registry: ListenAddress;
  /** The address at which the edge reaches dockpass. */
  readonly dockpass: ListenAddress;
  /**
   * The host names that the edge serves; a name may begin with `*.`. If the list is empty, the edge serves all names.
   */
  readonly names: readonly string[];
  /**
   * Addresses and networks of the TLS proxies in front of an edge that speaks plain HTTP. If a request comes from one
   * of them, the edge passes its X-Forwarded-For header on to dockpass, which finds the client's address in it. If a
   * request comes from any other address, the edge takes that address as the client's address.
   */
  readonly outerProxies: readonly string[];
  /**
   * The public domains, on which the edge denies all writes, even with a valid token. Undefined if no domain is public.
   */
  readonly publicDomainRules: PublicDomainRules | undefined;
  /**
   * True if there are immutable tags (the setting `immutableTags`). The edge then sends the manifests of pushes to
   * dockpass, and all other requests to the registry as usual.
   */
  readonly immutableTags: boolean;
  /**
   * The folder in which dockpass creates a file while writes are stopped (src/writes/names.ts). A relative path is
   * relative to the working directory of the edge.
   */
  readonly writes: string;
  /** Limits for slow and greedy clients. Default: `defaultLimits`. Tests set lower limits. */
  readonly limits?: EdgeLimits;
}

/**
 * Limits that keep clients from occupying the edge with requests that never end. The requests for `/auth/` are small.
 * For `/v2/`, only the time for headers is limited, because uploads take long, and because many builds can share one
 * address.
 */
export interface EdgeLimits {
  /** How many seconds a client has to send the headers of a request. */
  readonly headerSeconds: number;
  /** How many seconds the body of a request for `/auth/` may stall. */
  readonly bodySeconds: number;
  /**
   * The maximum size in KiB of the body of a request for a token. Caddy accepts twice this size, so that dockpass
   * itself can reject a larger body with a clear message (http/form-body.ts).
   */
  readonly bodyKiB: number;
  /**
   * The maximum size in KiB of the body of any other request for `/auth/`, such as a write of the administration API.
   * All edges accept twice this size, so that dockpass itself can reject a larger body in the format of the API.
   */
  readonly apiBodyKiB: number;
  /** The maximum number of connections for `/auth/` that one client address may have at the same time. */
  readonly connections: number;
}

export const defaultLimits: EdgeLimits = {
  headerSeconds: 10,
  bodySeconds: 15,
  bodyKiB: 64,
  apiBodyKiB: 1024,
  connections: 200,
};

export interface PublicDomainRules {
  /**
   * The public domains. The value is `all` if the host in `externalUrl` is a public domain, because dockpass then
   * treats every request as a request to that host.
   */
  readonly domains: readonly Domain[] | 'all';
  /**
   * The host name that appears in the message that denies a write. If undefined, the message contains the Host header
   * of the denied request.
   */
  readonly hostName: string | undefined;
  /**
   * The private domain on which users can log in to push. The message that denies a write names this domain. Undefined
   * if no such domain is known.
   */
  readonly loginHost: string | undefined;
}

export type EdgeTls =
  /** The edge speaks plain HTTP, because it runs behind a TLS proxy or is used only on localhost. */
  | { readonly kind: 'off' }
  /** A certificate and its key in PEM files. Both paths may name the same file. */
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  /**
   * Certificates by ACME for these names; only Caddy supports ACME. `server` is the URL of an ACME directory. If
   * `server` is undefined, Caddy chooses a public CA.
   */
  | { readonly kind: 'acme'; readonly names: readonly string[]; readonly server: string | undefined };

/** True if the edge takes the address of the client from the X-Forwarded-For header of a proxy in front of it. */
export function hasOuterProxies({ tls, outerProxies }: Edge): boolean {
  return tls.kind === 'off' && outerProxies.length > 0;
}

/**
 * Matches the Host header of requests to this machine: localhost, *.localhost and loopback addresses, with any port.
 * For these hosts, the URL of the realm begins with http unless a proxy in front sends `X-Forwarded-Proto: https`. The
 * pattern has the same meaning in nginx, Go and JavaScript. It must be matched case-insensitively.
 */
export const localHostPattern = String.raw`^(([^:]+\.)?localhost\.?|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?$`;

/**
 * Patterns for the X-Forwarded-Proto header that a proxy in front of the edge sends. If the header is a list, the first
 * entry counts, because it describes the connection of the client. The edge replaces the whole header with the single
 * word `http` or `https`, because registry 3.x copies the header into the realm unchanged.
 */
export const outerSchemePatterns = { https: '^https[ ]*(,|$)', http: '^http[ ]*(,|$)' } as const;

/** Determines on which domains the edge denies writes. @returns undefined if no domain is public */
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

/** The HTTP methods that a public domain allows. All other methods could write. */
export const readingMethods = ['GET', 'HEAD', 'OPTIONS'] as const;

/**
 * Headers that the edge removes from every request. Any client can send them, and the registry would trust them, for
 * example when it builds the URLs in its answers.
 */
export const removedHeaders = ['Forwarded', 'X-Forwarded-Host', 'X-Real-IP'] as const;

/**
 * The headers with which the edge describes the original request to /auth/forward. If a client sends headers with these
 * names, the edge does not pass them on to dockpass.
 */
export const forwardHeaders = ['X-Forwarded-Method', 'X-Forwarded-Uri'] as const;

/**
 * Headers that neither the registry nor the endpoints for tokens need. The edge removes them from the requests for
 * these. dockpass rejects requests with more than 16 KiB of headers, and the cookies of a browser alone can be that
 * large. The registry must not learn the cookie of the console, because this cookie is a login. Only the console and
 * the administration API receive cookies.
 */
export const unneededHeaders = ['Cookie'] as const;

/**
 * The path of the list of repositories (distribution API, "Listing Repositories"). The edge sends all requests for it to
 * dockpass. If a client writes the path differently, the request goes to the registry, which denies it, because no token
 * of dockpass lets the client list all repositories.
 */
export const catalogPath = '/v2/_catalog';

/**
 * Matches the paths of the endpoints for tokens, also in upper case or with more slashes. Must be matched
 * case-insensitively. The edge hides the third of these endpoints, /auth/forward, from clients.
 */
export const tokenPathPattern = '^/+auth/+(token|revoke)(/|$)';

/**
 * Matches the paths of uploads of layers: `/v2/NAME/blobs/uploads/ID`. Under `/v2/`, a PUT to any other path can only be
 * the push of a manifest. The pattern has the same meaning in nginx and Go, and contains no spaces. It matches no path
 * that contains a percent sign at its end, because an edge may match the path before it is decoded.
 */
export const blobUploadPattern = '^/v2/.+/blobs/uploads/[^/%]+$';

/** A comment in each edge file that sends the manifests of pushes to dockpass. `check` recognizes the file by it. */
export const manifestComment = '# dockpass receives the manifests of pushes';

/** The size in MiB up to which the edge reads a manifest. dockpass itself rejects more than half of it with a message. */
export const manifestBodyMiB = 8;

/**
 * Headers of every answer under `/v2/`. Registry and console have the same origin, so a pushed file that a browser ran
 * as a page or as a script could act as the person who opened it. With these headers, browsers run neither. Registry
 * clients ignore them.
 */
export const registryAnswerHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': 'sandbox',
} as const;

/**
 * The paths that the edge redirects, and where to. The redirect applies to GET and HEAD. The Location header is only a
 * path, because the edge does not know the scheme, the host and the port that the client used if there is a TLS proxy
 * in front.
 */
export const redirects = [
  { name: 'console', from: '/', to: '/auth/' },
  { name: 'robots', from: '/robots.txt', to: '/auth/robots.txt' },
] as const;

/**
 * The header in which /auth/forward repeats the `errors` array of its response body, as JSON in ASCII. nginx needs this
 * header, because nginx discards the body of a response to its auth_request (src/http/forward/forward-endpoint.ts).
 */
export const denialHeader = 'X-Dockpass-Errors';

/**
 * The header in the answers of dockpass to requests whose body has not arrived completely
 * (src/http/error-response.ts).
 */
export const incompleteHeader = { name: 'X-Dockpass-Request', value: 'incomplete' } as const;

/**
 * The bodies of the responses that the edge itself creates, in the format that registry clients display:
 * https://distribution.github.io/distribution/spec/api/#errors
 */
export const answers = {
  notFound: body('NOT_FOUND', 'not found: the registry is under /v2/ and its token server under /auth/'),
  unauthorized: body('UNAUTHORIZED', 'wrong user name or password, or login required'),
  denied: body('DENIED', 'this user does not have the right to do this'),
  tooLarge: body(
    'UNSUPPORTED',
    'the body of the request is too large; send less, or request fewer scopes at once',
  ),
  tooMany: body('TOOMANYREQUESTS', 'too many connections from this address; try again in a few seconds'),
  incomplete: body(
    'UNAVAILABLE',
    'the body of the request has not arrived in time, or the bodies of too many requests from this network are incomplete; try again in a few seconds',
  ),
  unavailable: body(
    'UNAVAILABLE',
    'the registry or its token server does not answer; try again in a few seconds',
  ),
} as const;

/**
 * Returns the body of the response that denies a write on a public domain.
 * @param host the edge's variable for the Host header of the request, for example `$http_host` in nginx
 */
export function writeDenialBody({ hostName, loginHost }: PublicDomainRules, host: string): string {
  return body('DENIED', pullOnlyMessage(hostName ?? host, loginHost));
}

function body(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
