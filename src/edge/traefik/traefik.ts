import { formatListen } from '../../net/listen-address.ts';
import {
  blankedHeaders,
  localHostPattern,
  readingMethods,
  withheldHeaders,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { formatDomainName } from '../../realm/domain.ts';
import { lines } from '../text.ts';
import { headers, hosts, router, service } from './entries.ts';

/** Traefik 3: the static file, which names `dynamicFile` as its provider. */
export function renderTraefikStatic(edge: Edge, dynamicFile: string): string {
  return lines(
    '# Traefik as the edge of dockpass: the static part, for `traefik --configFile=FILE`.',
    'entryPoints:',
    '  registry:',
    `    address: ":${edge.port}"`,
    '    transport:',
    '      respondingTimeouts:',
    '        # A large layer takes as long as it takes; the default cuts an upload off after 60 s.',
    '        readTimeout: 0s',
    ...(edge.tls.kind === 'off' ? outerProxies(edge) : []),
    'providers:',
    '  file:',
    `    filename: ${JSON.stringify(dynamicFile)}`,
    '',
  );
}

/** Traefik 3: the dynamic file, which can as well be given to a Traefik that is already there. */
export function renderTraefik(edge: Edge): string {
  const acme = edge.tls.kind === 'acme';
  const tls = edge.tls.kind === 'off' ? [] : [acme ? 'tls: { certResolver: default }' : 'tls: {}'];
  return lines(
    '# Traefik as the edge of dockpass: the dynamic part. /v2/ goes to the registry, /auth/ to dockpass.',
    '# Traefik passes the Host on as it came, port included, and does not believe X-Forwarded-* from outside unless the',
    '# entry point lists the sender under forwardedHeaders.trustedIPs. It answers 404 where no router matches.',
    'http:',
    '  routers:',
    ...refusedWrites(edge, tls),
    '    # Basic on a registry request is changed into a token first; a request without it never asks.',
    router(
      'dockpass-basic',
      `${hosts(edge)}PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      30,
      ['dockpass-version', 'dockpass-forward', 'dockpass-headers'],
      'registry',
      tls,
    ),
    router(
      'dockpass-registry',
      `${hosts(edge)}PathPrefix(\`/v2/\`)`,
      20,
      ['dockpass-headers'],
      'registry',
      tls,
    ),
    ...(edge.tls.kind === 'off' ? fromOutside(edge) : []),
    '    # /auth/forward is for this edge alone, and hidden from outside.',
    router(
      'dockpass-auth',
      `${hosts(edge)}PathPrefix(\`/auth/\`) && !PathRegexp(\`(?i)^/+auth/+forward\`)`,
      20,
      ['dockpass-headers', 'dockpass-no-forward'],
      'dockpass',
      tls,
    ),
    '',
    '  middlewares:',
    '    dockpass-forward:',
    '      forwardAuth:',
    '        # Told the method, the URI and the Host in X-Forwarded-* headers; never sees the body.',
    `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
    '        trustForwardHeader: false',
    '        authRequestHeaders: [Authorization, User-Agent]',
    '        authResponseHeaders: [Authorization]',
    ...(edge.publicDomainRules === undefined
      ? []
      : [
          '    dockpass-pulls-only:',
          '      forwardAuth:',
          '        # Told of nobody: nobody may write there, and the answer says under which name to log in.',
          `        address: "http://${formatListen(edge.dockpass)}/auth/forward"`,
          '        trustForwardHeader: false',
          '        authRequestHeaders: [User-Agent]',
        ]),
    ...(edge.tls.kind === 'off'
      ? [
          '    dockpass-https:',
          '      headers:',
          '        customRequestHeaders:',
          '          X-Forwarded-Proto: https',
        ]
      : []),
    '    # On every answer under /v2/, as clients expect of a registry; a refusal of Basic comes from dockpass.',
    '    dockpass-version:',
    '      headers:',
    '        customResponseHeaders:',
    '          Docker-Distribution-Api-Version: registry/2.0',
    '    # An empty value takes a header away: the registry would build its Location from these.',
    headers('dockpass-headers', blankedHeaders),
    headers('dockpass-no-forward', withheldHeaders),
    '',
    '  services:',
    service('registry', formatListen(edge.registry)),
    service('dockpass', formatListen(edge.dockpass)),
    ...certificates(edge),
    '',
  );
}

/** Traefik answers nothing by itself: dockpass does, which is asked without who it is. */
function refusedWrites(edge: Edge, tls: readonly string[]): string[] {
  const rule = edge.publicDomainRules && publicRule(edge.publicDomainRules);
  if (rule === undefined) return [];
  const reading = readingMethods.map((method) => `Method(\`${method}\`)`).join(' || ');
  return [
    '    # A public name serves pulls alone. Names with a port are left to the registry: rules do not see ports.',
    router(
      'dockpass-public-write',
      `${hosts(edge)}PathPrefix(\`/v2/\`) && !(${reading})${rule}`,
      60,
      ['dockpass-pulls-only', 'dockpass-headers'],
      'registry',
      tls,
    ),
  ];
}

/**
 * Traefik says http itself where no trusted proxy says otherwise, and rules do not see who did. So of the hosts that
 * are not this machine's, all are taken to come by a TLS proxy.
 */
function fromOutside(edge: Edge): string[] {
  // Traefik matches without the port, and then without the brackets of an IPv6 address.
  const pattern = localHostPattern.replace(String.raw`\[::1\]`, String.raw`\[?::1\]?`);
  const outside = `!HostRegexp(\`(?i)${pattern}\`)`;
  return [
    '    # The realm that the registry names: https, but on this machine.',
    router(
      'dockpass-basic-https',
      `${hosts(edge)}${outside} && PathPrefix(\`/v2/\`) && HeaderRegexp(\`Authorization\`, \`(?i)^basic \`)`,
      31,
      ['dockpass-version', 'dockpass-forward', 'dockpass-https', 'dockpass-headers'],
      'registry',
      [],
    ),
    router(
      'dockpass-registry-https',
      `${hosts(edge)}${outside} && PathPrefix(\`/v2/\`)`,
      21,
      ['dockpass-https', 'dockpass-headers'],
      'registry',
      [],
    ),
  ];
}

/** Undefined where no name can be told by its host alone. */
function publicRule({ domains }: PublicDomainRules): string | undefined {
  if (domains === 'all') return '';
  const names = domains.filter(({ port }) => port === 'any').map(formatDomainName);
  return names.length === 0 ? undefined : ` && ${hosts({ names }).slice(0, -' && '.length)}`;
}

function certificates(edge: Edge): string[] {
  if (edge.tls.kind !== 'files') return [];
  const { certificate, key } = edge.tls;
  const pair = `certFile: ${JSON.stringify(certificate)}, keyFile: ${JSON.stringify(key)}`;
  return [
    '',
    'tls:',
    '  certificates:',
    `    - { ${pair} }`,
    '  stores:',
    '    default:',
    `      defaultCertificate: { ${pair} }`,
  ];
}

function outerProxies(edge: Edge): string[] {
  return [
    '    forwardedHeaders:',
    '      # The TLS proxies in front, whose X-Forwarded-Proto and X-Forwarded-For count.',
    `      trustedIPs: ${JSON.stringify(edge.outerProxies)}`,
  ];
}
