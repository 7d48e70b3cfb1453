import { formatListen } from '../../net/listen-address.ts';
import {
  answers,
  defaultLimits,
  hasOuterProxies,
  removedHeaders,
  localHostPattern,
  outerSchemePatterns,
  publicHostPatterns,
  readingMethods,
  denialHeader,
  forwardHeaders,
  incompleteHeader,
  redirects,
  registryAnswerHeaders,
  tokenPathPattern,
  writeDenialBody,
  unneededHeaders,
  type Edge,
} from '../edge.ts';
import { catalogRoute } from './catalog.ts';
import { manifestRoute } from './manifests.ts';
import { globalOptions } from './options.ts';
import { stoppedWrites } from './writes.ts';
import { indent, lines, quoted } from '../text.ts';

/**
 * Renders a complete Caddyfile for Caddy 2.6 or newer. The command `caddy run --adapter caddyfile --config FILE` starts
 * Caddy with it.
 * @param admin the address of the socket for Caddy's administration API, in Caddy's notation. If undefined, the API is
 *   off
 * @param bodyTimeout true if this Caddy knows `read_timeout` in `request_body`. Versions before 2.8 do not know it
 */
export function renderCaddy(edge: Edge, admin?: string, bodyTimeout = false): string {
  return lines(
    '# Caddy as the edge of dockpass: /v2/ goes to the registry, /auth/ to dockpass.',
    tab(globalOptions(edge, admin)),
    '',
    tab(answerSnippet('not_found', 404, answers.notFound, bodyTimeout ? bodyTimeoutOf(edge) : undefined)),
    '',
    tab(answerSnippet('unavailable', 503, answers.unavailable)),
    '',
    tab(answerSnippet('too_large', 413, answers.tooLarge)),
    '',
    tab(incompleteBodySnippet(bodyTimeout)),
    '',
    '# These lines set headers of the requests to the registry and to dockpass. Caddy passes on the Host header unchanged,',
    '# including the port, because this header decides to which realm a client is sent, and whether the domain is public.',
    tab(headerSnippet(edge)),
    '',
    `${siteAddress(edge)} {`,
    ...(edge.tls.kind === 'files' ? [`\ttls ${quoted(edge.tls.certificate)} ${quoted(edge.tls.key)}`] : []),
    ...(edge.tls.kind === 'acme' ? [tab(indent(acme(edge.tls.server)))] : []),
    tab(indent(routes(edge, bodyTimeout))),
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
    '    # Caddy replaces the X-Forwarded-For header of the request, because a client could send any address in it.',
    '    header_up X-Forwarded-For {vars.dockpass_client}',
    ...removedHeaders.map((header) => `    header_up -${header}`),
    '}',
  );
}

/**
 * Renders the routes as a `route` block, because only in such a block Caddy runs the directives in the order in which
 * they are written.
 */
function routes(edge: Edge, bodyTimeout: boolean): string {
  return lines(
    'route {',
    '    vars dockpass_client {remote_host}',
    ...outerProxies(edge),
    ...(edge.tls.kind === 'off' ? schemeVariables() : []),
    '',
    ...redirected(edge, bodyTimeout),
    '',
    '    # Only this edge may call /auth/forward. If a client requests this path, it gets a 404 answer, even if it writes the',
    '    # path in upper case or with more slashes.',
    '    @forward path_regexp (?i)^/+auth/+forward',
    '    route @forward {',
    '        import dockpass_not_found',
    '    }',
    `    @token path_regexp (?i)${tokenPathPattern}`,
    '    route /auth/* {',
    ...indent(bodyLimits(edge, bodyTimeout), 2).split('\n'),
    '        # The endpoints for tokens do not need cookies. Only the console and the administration API receive them.',
    ...unneededHeaders.map((header) => `        request_header @token -${header}`),
    `        reverse_proxy ${formatListen(edge.dockpass)} {`,
    '            import dockpass_headers',
    ...forwardHeaders.map((header) => `            header_up -${header}`),
    '            import dockpass_incomplete',
    '        }',
    '    }',
    '',
    '    # The registry and the console have the same origin. These headers make sure that browsers run no pushed file as a page',
    '    # or as a script. They are in every answer under /v2/, also in errors.',
    '    header /v2/* {',
    ...Object.entries(registryAnswerHeaders).map(([header, value]) => `        ${header} ${value}`),
    '    }',
    ...catalogRoute(edge),
    ...deniedWrites(edge),
    ...stoppedWrites(edge),
    ...manifestRoute(edge, bodyTimeout),
    '',
    '    # If a registry request has a Basic header, Caddy first asks dockpass for a token. Caddy then replaces the Basic',
    '    # header with the token, and sends the request to the registry. dockpass receives the method and the URI of the',
    '    # request, but not its body. If a registry request has no Basic header, Caddy does not ask dockpass. The ? after',
    '    # /auth/forward prevents Caddy from appending the query of the registry request.',
    '    @basic {',
    '        path /v2/*',
    '        header_regexp Authorization "(?i)^basic "',
    '    }',
    '    route @basic {',
    '        # Clients expect this header in every answer under /v2/. Caddy adds it only if the answer does not have it.',
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
    '    # Caddy streams bodies in both directions. By default it neither limits nor buffers them. The registry receives no',
    '    # cookies, because the cookie of the console is a login. If the registry itself sends X-Content-Type-Options, the answer',
    '    # must not have this header twice.',
    '    route /v2/* {',
    `        reverse_proxy ${formatListen(edge.registry)} {`,
    '            import dockpass_headers',
    ...unneededHeaders.map((header) => `            header_up -${header}`),
    '            header_down -X-Content-Type-Options',
    '        }',
    '    }',
    '',
    '    # Without this line, Caddy would answer requests for all other paths with status 200 and an empty body.',
    '    import dockpass_not_found',
    '}',
  );
}

/**
 * Renders the directives for the answers of dockpass to requests whose body has not arrived. By default, Caddy would
 * pass on such an answer only after it has received the rest of the body. With `read_timeout 1ms`, Caddy waits for the
 * rest for at most 1 ms, and then closes the connection. If this Caddy does not know `read_timeout`, the option `close`
 * is used instead. With this option, Caddy answers at once and closes the connection. In rare cases (about 1 of 500),
 * the connection stays open until the client closes it.
 */
function incompleteBodySnippet(bodyTimeout: boolean): string {
  const answer = `respond \`${answers.incomplete}\` {http.reverse_proxy.status_code}`;
  return lines(
    '# dockpass marks its answer with this header if a body does not arrive in time, or if bodies of too many other requests',
    '# from the same network have not arrived either. Caddy then closes the connection of the client.',
    '(dockpass_incomplete) {',
    `    @incomplete header ${incompleteHeader.name} ${incompleteHeader.value}`,
    '    handle_response @incomplete {',
    '        header Content-Type application/json',
    '        header Retry-After 5',
    ...(bodyTimeout
      ? ['        request_body {', '            read_timeout 1ms', '        }', `        ${answer}`]
      : [`        ${answer} {`, '            close', '        }']),
    '    }',
    '}',
  );
}

/** Renders the redirects to the console and to the file robots.txt of dockpass. */
function redirected(edge: Edge, bodyTimeout: boolean): string[] {
  return [
    '    # The console and the public catalog are at /auth/. If you serve something else at /, remove these blocks.',
    ...redirects.flatMap(({ name, from, to }) => [
      `    @redirect_${name} {`,
      `        path ${from}`,
      '        method GET HEAD',
      '    }',
      `    route @redirect_${name} {`,
      ...(bodyTimeout ? ['        request_body {', `            ${bodyTimeoutOf(edge)}`, '        }'] : []),
      `        redir * ${to} 302`,
      '    }',
    ]),
  ];
}

function bodyLimits(edge: Edge, bodyTimeout: boolean): string {
  const { bodyKiB, apiBodyKiB } = edge.limits ?? defaultLimits;
  return lines(
    '# Requests for /auth/ are small. dockpass rejects larger bodies with a clear message: for a token more than',
    `# ${bodyKiB} KiB, otherwise more than ${apiBodyKiB} KiB. Caddy reads at most the sizes below. These limits do not apply to uploads.`,
    'request_body @token {',
    `    max_size ${2 * bodyKiB}KiB`,
    '}',
    'request_body {',
    `    max_size ${2 * apiBodyKiB}KiB`,
    ...(bodyTimeout
      ? [`    ${bodyTimeoutOf(edge)}`]
      : [
          '    # If your Caddy is 2.8 or newer, remove the # in front of read_timeout. Older versions reject this line. Without it,',
          '    # only dockpass limits the time for these bodies.',
          `    # ${bodyTimeoutOf(edge)}`,
        ]),
    '}',
  );
}

function bodyTimeoutOf({ limits = defaultLimits }: Edge): string {
  return `read_timeout ${limits.bodySeconds}s`;
}

function deniedWrites({ publicDomainRules: rules }: Edge): string[] {
  if (rules === undefined) return [];
  return [
    '',
    '    # Users can only pull from public domains. Requests that could write are denied here and not passed on to the',
    '    # registry.',
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
  if (!hasOuterProxies(edge)) return [];
  return [
    '    # The addresses of the TLS proxies in front of this edge. If a request comes from one of them, its X-Forwarded-For',
    '    # header contains the address of the client. dockpass finds the address in it.',
    '    @outer {',
    `        remote_ip ${edge.outerProxies.join(' ')}`,
    '        header X-Forwarded-For *',
    '    }',
    '    vars @outer dockpass_client {header.X-Forwarded-For}',
  ];
}

function schemeVariables(): string[] {
  return [
    '    # The variable dockpass_scheme is the scheme of the realm URL to which the registry sends clients. It comes from the',
    '    # X-Forwarded-Proto header of the TLS proxy in front. If this header is missing, the scheme is http for hosts of this',
    '    # machine, and https for all other hosts.',
    `    @on_this_machine header_regexp Host "(?i)${localHostPattern}"`,
    `    @outer_http header_regexp X-Forwarded-Proto "(?i)${outerSchemePatterns.http}"`,
    `    @outer_https header_regexp X-Forwarded-Proto "(?i)${outerSchemePatterns.https}"`,
    '    vars dockpass_scheme https',
    '    vars @on_this_machine dockpass_scheme http',
    '    vars @outer_http dockpass_scheme http',
    '    vars @outer_https dockpass_scheme https',
  ];
}

/** Renders the directives for the response that Caddy sends if the registry or dockpass does not respond. */
function errorHandler(): string {
  return lines(
    'handle_errors {',
    '    @too_large expression {http.error.status_code} == 413',
    '    route @too_large {',
    '        import dockpass_too_large',
    '    }',
    '    header Retry-After 5',
    '    import dockpass_unavailable',
    '}',
  );
}

function answerSnippet(name: string, status: number, body: string, timeout?: string): string {
  return lines(
    `(dockpass_${name}) {`,
    ...(timeout === undefined ? [] : ['    request_body {', `        ${timeout}`, '    }']),
    '    header Content-Type application/json',
    `    respond \`${body}\` ${status}`,
    '}',
  );
}

/** Replaces the spaces at the start of each line with tabs, as `caddy fmt` requires. */
function tab(text: string): string {
  return text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}
