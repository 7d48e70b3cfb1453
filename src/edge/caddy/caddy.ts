import { formatListen } from '../../net/listen-address.ts';
import {
  answers,
  blankedHeaders,
  localHostPattern,
  outerScheme,
  publicHostPatterns,
  readingMethods,
  denialHeader,
  writeDenial,
  unreadHeaders,
  withheldHeaders,
  type Edge,
} from '../edge.ts';
import { globalOptions } from './options.ts';
import { indent, lines, quoted } from '../text.ts';

/**
 * A whole Caddyfile for Caddy 2.6 or newer: `caddy run --adapter caddyfile --config FILE`.
 * @param admin a socket for its administration, in Caddy's own spelling
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
    '# What both upstreams get to see. The Host, port included, is passed on as it came: it decides which realm a',
    '# client is sent to, and whether that realm is public. Caddy does so by itself.',
    tab(passedOn(edge)),
    '',
    `${siteAddress(edge)} {`,
    ...(edge.tls.kind === 'files' ? [`\ttls ${quoted(edge.tls.certificate)} ${quoted(edge.tls.key)}`] : []),
    ...(edge.tls.kind === 'acme' ? [tab(indent(acme(edge.tls.server)))] : []),
    tab(indent(routes(edge))),
    tab(indent(failures())),
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

function passedOn(edge: Edge): string {
  return lines(
    '(dockpass_headers) {',
    `    header_up X-Forwarded-Proto ${edge.tls.kind === 'off' ? '{vars.dockpass_scheme}' : 'https'}`,
    '    # What a client writes there itself is never believed.',
    '    header_up X-Forwarded-For {vars.dockpass_client}',
    ...blankedHeaders.map((header) => `    header_up -${header}`),
    '}',
  );
}

/** In `route`, directives run in the order in which they stand; elsewhere Caddy sorts them. */
function routes(edge: Edge): string {
  return lines(
    'route {',
    '    vars dockpass_client {remote_host}',
    ...outerProxies(edge),
    ...(edge.tls.kind === 'off' ? schemes() : []),
    '',
    '    # For this edge alone; hidden from outside, in any spelling.',
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
    ...refusedWrites(edge),
    '',
    '    # Basic on a registry request is changed into a token first; a request without it never asks. Dockpass is told',
    '    # the method and the URI (the ? keeps Caddy from appending the query), and never sees the body.',
    '    @basic {',
    '        path /v2/*',
    '        header_regexp Authorization "(?i)^basic "',
    '    }',
    '    route @basic {',
    '        # On every answer under /v2/, as clients expect of a registry; whatever has it already keeps it.',
    '        header ?Docker-Distribution-Api-Version registry/2.0',
    `        forward_auth ${formatListen(edge.dockpass)} {`,
    '            uri /auth/forward?',
    '            copy_headers Authorization',
    '            header_up -Expect',
    ...unreadHeaders.map((header) => `            header_up -${header}`),
    `            header_down -${denialHeader}`,
    '            import dockpass_headers',
    '        }',
    '    }',
    '    # Bodies stream both ways; Caddy caps and buffers nothing unless told to.',
    '    route /v2/* {',
    `        reverse_proxy ${formatListen(edge.registry)} {`,
    '            import dockpass_headers',
    '        }',
    '    }',
    '',
    '    # Otherwise Caddy answers an empty 200.',
    '    import dockpass_not_found',
    '}',
  );
}

function refusedWrites({ publicDomainRules: door }: Edge): string[] {
  if (door === undefined) return [];
  return [
    '',
    '    # A public name serves pulls alone. What would write is refused here, before anybody is asked.',
    '    @public_write {',
    '        path /v2/*',
    `        not method ${readingMethods.join(' ')}`,
    `        header_regexp Host "(?i)${publicHostPatterns(door).join('|')}"`,
    '    }',
    '    route @public_write {',
    '        header Docker-Distribution-Api-Version registry/2.0',
    '        header Content-Type application/json',
    `        respond \`${writeDenial(door, '{http.request.hostport}')}\` 403`,
    '    }',
  ];
}

function outerProxies(edge: Edge): string[] {
  if (edge.tls.kind !== 'off' || edge.outerProxies.length === 0) return [];
  return [
    '    # The TLS proxies in front: their X-Forwarded-For says who the client is.',
    '    @outer {',
    `        remote_ip ${edge.outerProxies.join(' ')}`,
    '        header X-Forwarded-For *',
    '    }',
    '    vars @outer dockpass_client {header.X-Forwarded-For}',
  ];
}

function schemes(): string[] {
  return [
    '    # The scheme of the realm that the registry names. The TLS proxy in front says it; without one, plain HTTP',
    '    # stays plain on this machine alone.',
    `    @on_this_machine header_regexp Host "(?i)${localHostPattern}"`,
    `    @outer_http header_regexp X-Forwarded-Proto "(?i)${outerScheme.http}"`,
    `    @outer_https header_regexp X-Forwarded-Proto "(?i)${outerScheme.https}"`,
    '    vars dockpass_scheme https',
    '    vars @on_this_machine dockpass_scheme http',
    '    vars @outer_http dockpass_scheme http',
    '    vars @outer_https dockpass_scheme https',
  ];
}

/** An upstream that does not answer. */
function failures(): string {
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

/** Caddy's own formatter wants tabs. */
function tab(text: string): string {
  return text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}
