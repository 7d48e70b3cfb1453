import type { ListenAddress } from '../net/listen-address.ts';
import { domainPattern, type Domain } from '../realm/domain.ts';
import { formatHost } from '../net/host.ts';
import { pullOnlyMessage } from '../realm/pull-only-message.ts';
import { resolveRealm, type RealmSettings } from '../realm/resolve-realm.ts';

/**
 * The one door: what an edge does, whichever program it is. Caddy's, nginx's and Traefik's configurations are
 * rendered from this alone, so none of them can forget what another one does.
 */
export interface Edge {
  readonly port: number;
  /** False where the machine has no IPv6: a listener on it would stop the start. */
  readonly ipv6: boolean;
  readonly tls: EdgeTls;
  /** Upstreams, as the edge reaches them. */
  readonly registry: ListenAddress;
  readonly dockpass: ListenAddress;
  /** Names that clients use, `*.` one allowed at the front. Empty: whatever they say. */
  readonly names: readonly string[];
  /**
   * Addresses and networks of TLS proxies in front of a plain edge whose X-Forwarded-For is believed. Of everybody
   * else only the socket's own address counts.
   */
  readonly outerProxies: readonly string[];
  /** Nobody writes there, whatever the token says: refused at the door. Undefined where no name is public. */
  readonly publicDomainRules: PublicDomainRules | undefined;
}

export interface PublicDomainRules {
  /** `all` with an externalUrl that is public: it is the only door. */
  readonly domains: readonly Domain[] | 'all';
  /** What a refusal calls the host; undefined: what the client called it. */
  readonly name: string | undefined;
  /** To log in under; undefined where none is known. */
  readonly privateName: string | undefined;
}

export type EdgeTls =
  /** Plain HTTP, behind some TLS proxy or on localhost. */
  | { readonly kind: 'off' }
  /** PEM files; one file may hold both. */
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  /** Certificates by ACME for these names; Caddy alone does it. The server is a directory's URL; undefined: Caddy's choice. */
  | { readonly kind: 'acme'; readonly names: readonly string[]; readonly server: string | undefined };

/**
 * Hosts to which plain HTTP stays plain where no proxy says otherwise: localhost, *.localhost and loopback addresses,
 * on any port. Perl syntax, understood by nginx, Go and JavaScript alike; to be matched without regard to case.
 */
export const localHostPattern = String.raw`^(([^:]+\.)?localhost\.?|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?$`;

/**
 * X-Forwarded-Proto as an outer proxy says it. Of a list the first word counts, which is the client's own hop; what is
 * passed on is one word always, because registry 3.x puts the header into the realm as it stands.
 */
export const outerScheme = { https: '^https[ ]*(,|$)', http: '^http[ ]*(,|$)' } as const;

export function publicDomainRulesOf({
  publicDomains,
  externalHost,
  loginHost: privateName,
}: RealmSettings): PublicDomainRules | undefined {
  if (externalHost !== undefined) {
    const isPublic = resolveRealm(externalHost, { publicDomains, externalHost: undefined }).kind === 'public';
    return isPublic ? { domains: 'all', name: formatHost(externalHost), privateName: undefined } : undefined;
  }
  if (publicDomains.length === 0) return undefined;
  return { domains: publicDomains, name: undefined, privateName };
}

/** Of the Host header, in the manner of {@link localHostPattern}. */
export function publicHostPatterns({ domains }: PublicDomainRules): readonly string[] {
  return domains === 'all' ? ['^'] : domains.map(domainPattern);
}

/** What may be asked under a public name; everything else would be a write. */
export const readingMethods = ['GET', 'HEAD', 'OPTIONS'] as const;

/** Headers that the registry would build its Location from, and that any client may send. */
export const blankedHeaders = ['Forwarded', 'X-Forwarded-Host', 'X-Real-IP'] as const;

/** Headers by which the edge tells /auth/forward of the original request; from outside they say nothing. */
const forwardHeaders = ['X-Forwarded-Method', 'X-Forwarded-Uri'] as const;

/** Dockpass reads none, and refuses headers of more than 16 KiB in all: a browser may send as much of these alone. */
export const unreadHeaders = ['Cookie'] as const;

/** What dockpass is not to see of a request from outside. */
export const withheldHeaders = [...forwardHeaders, ...unreadHeaders] as const;

/**
 * What /auth/forward says of a refusal, as the `errors` of its body: JSON, in ASCII. For an edge that leaves bodies
 * behind (src/http/forward/forward-endpoint.ts).
 */
export const denialHeader = 'X-Dockpass-Errors';

/**
 * The edge's own answers, in the form that registry clients read:
 * https://distribution.github.io/distribution/spec/api/#errors
 */
export const answers = {
  notFound: body('NOT_FOUND', 'nothing is here: the registry is under /v2/, its token server under /auth/'),
  unauthorized: body('UNAUTHORIZED', 'wrong name or password, or a login is needed'),
  denied: body('DENIED', 'this user may not do that here'),
  unavailable: body('UNAVAILABLE', 'the registry or its token server does not answer; try again shortly'),
} as const;

/** @param host how the edge writes the Host of the request */
export function writeDenial({ name, privateName }: PublicDomainRules, host: string): string {
  return body('DENIED', pullOnlyMessage(name ?? host, privateName));
}

function body(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
