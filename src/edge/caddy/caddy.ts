import { formatListen } from '../../net/listen-address.ts';
import {
  answers,
  removedHeaders,
  localHostPattern,
  outerSchemePatterns,
  publicHostPatterns,
  readingMethods,
  denialHeader,
  writeDenialBody,
  unneededHeaders,
  withheldHeaders,
  type Edge,
} from '../edge.ts';
import { globalOptions } from './options.ts';
import { indent, lines, quoted } from '../text.ts';

/**
 * Renders a complete Caddyfile for Caddy 2.6 or newer: `caddy run --adapter caddyfile --config FILE`.
 * @param admin the address of a socket for Caddy's administration API, in Caddy's notation. Without it, the API is off
 */
export function renderCaddy(edge: Edge, admin?: string): string {
  return lines(
    '# Caddy as the edge of dockpass: /v2/ goes to the registry, /auth/ to dockpass.',
    tab(globalOptions(edge, admin)),
    '',
    tab(answerSnippet('not_found', 404, answers.notFound)),
    '',
    tab(answerSnippet('unavailable', 503, answers.unavailable)),
    '',
    '# These lines set headers for both upstreams. Caddy passes on the Host header unchanged, including the port. The Host',
    '# header decides to which realm a client is sent, and whether the domain is public.',
    tab(headerSnippet(edge)),
    '',
    `${siteAddress(edge)} {`,
    ...(edge.tls.kind === 'files' ? [`\ttls ${quoted(edge.tls.certificate)} ${quoted(edge.tls.key)}`] : []),
    ...(edge.tls.kind === 'acme' ? [tab(indent(acme(edge.tls.server)))] : []),
    tab(indent(routes(edge))),
    tab(indent(errorHandler())),
    '}',
    '',
  );
}

function siteAddress(edge: Edge): string {
  if (edge.tls.kind === 'off') return `http://:${edge.port}`;
  if (edge.tls.kind === 'files') return `https://:${edge.port}`;
  return edge.tls.names.map((name) => `https://${name}:${edge.port}`).join(', ');
}

function acme(server: string | undefined): string {
  const issuer = server === undefined ? ['issuer acme'] : ['issuer acme {', `    dir ${server}`, '}'];
  return lines('tls {', indent(lines(...issuer)), '}');
}

function headerSnippet(edge: Edge): string {
  return lines(
    '(dockpass_headers) {',
    `    header_up X-Forwarded-Proto ${edge.tls.kind === 'off' ? '{vars.dockpass_scheme}' : 'https'}`,
    '    # This header is replaced, because a client could send any address in it.',
    '    header_up X-Forwarded-For {vars.dockpass_client}',
    ...removedHeaders.map((header) => `    header_up -${header}`),
    '}',
  );
}

/**
 * Renders the routes. Their directives are in a `route` block, because only there Caddy runs directives in the order of
 * the file.
 */
function routes(edge: Edge): string {
  return lines(
    'route {',
    '    vars dockpass_client {remote_host}',
    ...outerProxies(edge),
    ...(edge.tls.kind === 'off' ? schemeVariables() : []),
    '',
    '    # Only this edge may use /auth/forward. Clients get a 404 answer, even if they change the case or add slashes.',
    '    @forward path_regexp (?i)^/+auth/+forward',
    '    route @forward {',
    '        import dockpass_not_found',
    '    }',
    '    route /auth/* {',
    `        reverse_proxy ${formatListen(edge.dockpass)} {`,
    '            import dockpass_headers',
    ...withheldHeaders.map((header) => `            header_up -${header}`),
    '        }',
    '    }',
    ...deniedWrites(edge),
    '',
    '    # If a registry request has a Basic header, Caddy first asks dockpass for a token, and then sends the token to',
    '    # the registry instead of the Basic header. dockpass receives the method and the URI of the request, but not its',
    '    # body. Other requests do not involve dockpass. The ? after /auth/forward prevents Caddy from appending the query',
    '    # of the request.',
    '    @basic {',
    '        path /v2/*',
    '        header_regexp Authorization "(?i)^basic "',
    '    }',
    '    route @basic {',
    '        # Clients expect this header in every answer under /v2/. It is added only if it is missing.',
    '        header ?Docker-Distribution-Api-Version registry/2.0',
    `        forward_auth ${formatListen(edge.dockpass)} {`,
    '            uri /auth/forward?',
    '            copy_headers Authorization',
    '            header_up -Expect',
    ...unneededHeaders.map((header) => `            header_up -${header}`),
    `            header_down -${denialHeader}`,
    '            import dockpass_headers',
    '        }',
    '    }',
    '    # Caddy streams bodies in both directions. By default it neither limits nor buffers them.',
    '    route /v2/* {',
    `        reverse_proxy ${formatListen(edge.registry)} {`,
    '            import dockpass_headers',
    '        }',
    '    }',
    '',
    '    # Without this line, Caddy would answer requests for all other paths with status 200 and an empty body.',
    '    import dockpass_not_found',
    '}',
  );
}

function deniedWrites({ publicDomainRules: rules }: Edge): string[] {
  if (rules === undefined) return [];
  return [
    '',
    '    # Public domains only serve pulls. Requests that could write are denied here, before the upstreams see them.',
    '    @public_write {',
    '        path /v2/*',
    `        not method ${readingMethods.join(' ')}`,
    `        header_regexp Host "(?i)${publicHostPatterns(rules).join('|')}"`,
    '    }',
    '    route @public_write {',
    '        header Docker-Distribution-Api-Version registry/2.0',
    '        header Content-Type application/json',
    `        respond \`${writeDenialBody(rules, '{http.request.hostport}')}\` 403`,
    '    }',
  ];
}

function outerProxies(edge: Edge): string[] {
  if (edge.tls.kind !== 'off' || edge.outerProxies.length === 0) return [];
  return [
    '    # These addresses are those of the TLS proxies in front. Their X-Forwarded-For header contains the client address.',
    '    @outer {',
    `        remote_ip ${edge.outerProxies.join(' ')}`,
    '        header X-Forwarded-For *',
    '    }',
    '    vars @outer dockpass_client {header.X-Forwarded-For}',
  ];
}

function schemeVariables(): string[] {
  return [
    '    # The registry sends clients to a realm URL with this scheme. The scheme comes from the X-Forwarded-Proto header',
    '    # of the TLS proxy in front. Without it, the scheme is http for hosts of this machine, and https for all others.',
    `    @on_this_machine header_regexp Host "(?i)${localHostPattern}"`,
    `    @outer_http header_regexp X-Forwarded-Proto "(?i)${outerSchemePatterns.http}"`,
    `    @outer_https header_regexp X-Forwarded-Proto "(?i)${outerSchemePatterns.https}"`,
    '    vars dockpass_scheme https',
    '    vars @on_this_machine dockpass_scheme http',
    '    vars @outer_http dockpass_scheme http',
    '    vars @outer_https dockpass_scheme https',
  ];
}

/** Renders the answer that Caddy gives if an upstream does not answer. */
function errorHandler(): string {
  return lines('handle_errors {', '    header Retry-After 5', '    import dockpass_unavailable', '}');
}

function answerSnippet(name: string, status: number, body: string): string {
  return lines(
    `(dockpass_${name}) {`,
    '    header Content-Type application/json',
    `    respond \`${body}\` ${status}`,
    '}',
  );
}

/** Replaces indentation by tabs, as `caddy fmt` requires. */
function tab(text: string): string {
  return text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}
