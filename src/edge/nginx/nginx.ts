import { formatListen } from '../../net/listen-address.ts';
import {
  answers,
  defaultLimits,
  denialHeader,
  forwardHeaders,
  hasOuterProxies,
  manifestBodyMiB,
  redirects,
  registryAnswerHeaders,
  removedHeaders,
  unneededHeaders,
  type Edge,
} from '../edge.ts';
import { catalogLocation } from './catalog.ts';
import { manifestCondition, manifestLocation } from './manifests.ts';
import { maps, registryHeaderVariable } from './maps.ts';
import { indent, lines, quoted } from '../text.ts';
import {
  stoppedAnswer,
  stoppedHeader,
  variable,
  writeAnswerVariables,
  writeQuestion,
  writeQuestionHeader,
} from './writes.ts';

// The configuration needs nginx 1.19.5 or newer with the module http_auth_request. If there are proxies in front of
// nginx, it also needs the module http_realip. The packages of all distributions and the official image have both
// modules.

/**
 * Renders a complete configuration file, for `nginx -e stderr -c FILE`. The file makes nginx write only below
 * `directory`, so nginx does not have to run as root.
 */
export function renderNginx(edge: Edge, directory: string): string {
  return lines(
    '# nginx as the edge of dockpass. `dockpass up` overwrites this file at every start.',
    'daemon off;',
    'worker_processes auto;',
    `pid ${quoted(`${directory}/nginx.pid`)};`,
    'error_log stderr warn;',
    '# Each open connection of a client needs one of these connections, also while its headers are incomplete. A proxied',
    '# request needs a second one.',
    'worker_rlimit_nofile 65536;',
    'events { worker_connections 16384; }',
    '',
    'http {',
    '    access_log off;',
    '    server_tokens off;',
    '    default_type application/octet-stream;',
    '    # By default, nginx writes temporary files to paths to which only root can write. If the root file system is',
    '    # read-only, not even root can write there. Therefore these lines set other paths.',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (use) => `    ${use}_temp_path ${quoted(`${directory}/nginx-${use}`)};`,
    ),
    '',
    indent(maps(edge)),
    '',
    indent(server(edge)),
    '}',
    '',
  );
}

/**
 * Renders only the server block and its maps. The file is for the folder conf.d/ or sites-enabled/ of an existing
 * nginx.
 */
export function renderNginxSite(edge: Edge): string {
  return lines(
    '# nginx as the edge of dockpass: /v2/ goes to the registry, /auth/ to dockpass.',
    '# Copy this file to a folder that your nginx includes in its http block (/etc/nginx/conf.d/ or sites-enabled/). Then:',
    '#     nginx -t && nginx -s reload',
    '# To use your own server block, copy everything below `server_name` into that block, and all maps into your http',
    '# block.',
    '',
    maps(edge),
    '',
    server(edge),
    '',
  );
}

function server(edge: Edge): string {
  const { headerSeconds, bodyKiB, apiBodyKiB } = edge.limits ?? defaultLimits;
  return lines(
    'server {',
    indent(lines(...listeners(edge))),
    '',
    '    # A token for many repositories makes the Authorization header long, so nginx needs large buffers. If several server',
    '    # blocks share a port, set large_client_header_buffers in the first of them, because nginx uses only that value.',
    '    large_client_header_buffers 4 32k;',
    '    # A client that sends its headers too slowly is disconnected. If several server blocks share a port, set this in the',
    '    # first of them.',
    `    client_header_timeout ${headerSeconds}s;`,
    '    # Layers can be large, so nginx must neither limit their size nor write them to disk. nginx speaks HTTP/1.1 to the',
    '    # registry, because with HTTP/1.0, it would write chunked uploads to disk.',
    '    client_max_body_size 0;',
    '    client_body_timeout 300s;',
    '    proxy_http_version 1.1;',
    '    proxy_request_buffering off;',
    '    proxy_max_temp_file_size 0;',
    '    proxy_buffer_size 32k;',
    '    proxy_buffers 4 32k;',
    '    # Before the registry answers an upload, it computes the digest of the layer. For a large layer, this can take',
    '    # minutes.',
    '    proxy_read_timeout 900s;',
    '    proxy_send_timeout 900s;',
    '    proxy_redirect off;',
    '    # Answers under /v2/ have these headers. If you add more headers, add them here, because a location with an add_header',
    '    # directive inherits none of these.',
    ...registryHeaders('    '),
    ...outerProxies(edge),
    '',
    '    location /v2/ {',
    ...(edge.publicDomainRules === undefined
      ? []
      : ['        if ($dockpass_refuses_write) {', '            return 403;', '        }']),
    ...manifestCondition(edge),
    '        auth_request /_dockpass_forward;',
    '        auth_request_set $dockpass_bearer $upstream_http_authorization;',
    `        auth_request_set $dockpass_errors $upstream_http_${variable(denialHeader)};`,
    ...writeAnswerVariables.map((line) => `        ${line}`),
    '        # Registry clients need errors in JSON, but nginx sends its errors in HTML. Therefore these lines replace the error',
    '        # pages. The WWW-Authenticate header from dockpass needs no directive, because nginx always passes it on.',
    '        error_page 401 = @dockpass_unauthorized;',
    '        error_page 403 = @dockpass_denied;',
    '        error_page 500 502 503 504 = @dockpass_unavailable;',
    indent(upstreamHeaders(edge, '$remote_addr'), 2),
    '        # The registry receives no cookies, because the cookie of the console is a login.',
    ...unneededHeaders.map((header) => `        ${removeHeader(header)}`),
    '        proxy_set_header Authorization $dockpass_authorization;',
    '        # If the registry itself sends this header, the answer must not have it twice.',
    '        proxy_hide_header X-Content-Type-Options;',
    `        proxy_pass http://${formatListen(edge.registry)};`,
    '    }',
    '',
    ...catalogLocation(dockpassLocation(edge, bodyKiB)),
    ...manifestLocation(edge, dockpassLocation(edge, manifestBodyMiB * 1024)),
    '    # Tokens, the console and the public catalog.',
    '    location /auth/ {',
    indent(dockpassLocation(edge, bodyKiB), 2),
    '    }',
    '    # The administration API. Its requests can be larger. dockpass rejects a body of more than',
    `    # ${apiBodyKiB} KiB in the format of the API. nginx reads at most the size below.`,
    '    location /auth/api/ {',
    indent(dockpassLocation(edge, 2 * apiBodyKiB), 2),
    '    }',
    '    # Only this edge may call /auth/forward. If a client requests this path, it gets a 404 answer, even if it writes the',
    '    # path in upper case or with more slashes.',
    '    location ~* ^/+auth/+forward {',
    '        return 404;',
    '    }',
    '',
    '    # Asks dockpass for a token in exchange for the Basic header. dockpass receives the method and the URI of the request,',
    '    # but not its body. nginx sends only the headers below, and no cookies, because dockpass rejects requests with more',
    '    # than 16 KiB of headers, and the cookies of a browser can be that large.',
    '    location = /_dockpass_forward {',
    '        internal;',
    indent(lines(...writeQuestion(edge)), 2),
    '        proxy_pass_request_headers off;',
    indent(clientHeaders(edge, clientFor(edge)), 2),
    '        proxy_set_header Authorization $http_authorization;',
    '        proxy_set_header User-Agent $http_user_agent;',
    `        ${writeQuestionHeader}`,
    '        proxy_set_header X-Forwarded-Method $request_method;',
    '        proxy_set_header X-Forwarded-Uri $request_uri;',
    '        proxy_set_header Content-Length "";',
    '        proxy_pass_request_body off;',
    `        proxy_pass http://${formatListen(edge.dockpass)}/auth/forward;`,
    '    }',
    '',
    '    # The console and the public catalog are at /auth/. The Location header has no scheme and no host, because nginx does not',
    '    # know them if there is a TLS proxy in front. If you serve something else at /, remove these two locations.',
    ...redirects.flatMap(({ from, to }) => [
      `    location = ${from} {`,
      '        absolute_redirect off;',
      '        if ($request_method !~ ^(GET|HEAD)$) {',
      '            return 404;',
      '        }',
      `        return 302 ${to};`,
      '    }',
    ]),
    '    # Without the two locations /v2 and /auth, nginx would redirect these paths to /v2/ and /auth/. The scheme and the',
    '    # port in the redirect could be wrong.',
    '    location = /v2 {',
    '        return 404;',
    '    }',
    '    location = /auth {',
    '        return 404;',
    '    }',
    '    location / {',
    '        return 404;',
    '    }',
    '    error_page 404 = @dockpass_not_found;',
    answer('not_found', 404, answers.notFound),
    answer('unauthorized', 401, '$dockpass_unauthorized', ['Docker-Distribution-Api-Version registry/2.0']),
    answer(
      'denied',
      403,
      edge.publicDomainRules === undefined ? '$dockpass_forbidden' : '$dockpass_denied',
      ['Docker-Distribution-Api-Version registry/2.0', stoppedHeader],
      stoppedAnswer,
    ),
    answer('too_large', 413, answers.tooLarge),
    answer('too_many', 429, answers.tooMany, ['Retry-After 5']),
    answer('unavailable', 503, answers.unavailable, ['Retry-After 5']),
    '}',
  );
}

/**
 * Renders the content of a location whose requests go to dockpass. The limits apply only there, because uploads take
 * long, and because many builds can share one address.
 * @param bodyKiB the maximum size of a body in KiB
 */
function dockpassLocation(edge: Edge, bodyKiB: number): string {
  const { bodySeconds, connections } = edge.limits ?? defaultLimits;
  return lines(
    `client_max_body_size ${bodyKiB}k;`,
    `client_body_timeout ${bodySeconds}s;`,
    `limit_conn dockpass_clients ${connections};`,
    'limit_conn_status 429;',
    'error_page 413 = @dockpass_too_large;',
    'error_page 429 = @dockpass_too_many;',
    'error_page 502 504 = @dockpass_unavailable;',
    upstreamHeaders(edge, clientFor(edge)),
    ...forwardHeaders.map(removeHeader),
    'proxy_set_header Cookie $dockpass_cookie;',
    `proxy_pass http://${formatListen(edge.dockpass)};`,
  );
}

function registryHeaders(indentation: string): string[] {
  return Object.keys(registryAnswerHeaders).map(
    (header) => `${indentation}add_header ${header} ${registryHeaderVariable(header)} always;`,
  );
}

function listeners(edge: Edge): string[] {
  const tls = edge.tls;
  if (tls.kind === 'acme') throw new TypeError('nginx cannot get certificates by ACME');
  const options = tls.kind === 'files' ? ' ssl http2' : '';
  return [
    ...(tls.kind === 'files'
      ? [
          '# nginx 1.25 and newer log a warning that the parameter http2 of listen is deprecated. The parameter is used',
          '# nevertheless, because older versions of nginx support only this form.',
        ]
      : []),
    `listen ${edge.port}${options};`,
    ...(edge.ipv6 ? [`listen [::]:${edge.port}${options};`] : []),
    `server_name ${edge.names.length === 0 ? '_' : edge.names.join(' ')};`,
    ...(tls.kind === 'files'
      ? [
          `ssl_certificate ${quoted(tls.certificate)};`,
          `ssl_certificate_key ${quoted(tls.key)};`,
          'ssl_protocols TLSv1.2 TLSv1.3;',
        ]
      : []),
  ];
}

/** Renders the directives that set $remote_addr to the client address that the proxy in front reports. */
function outerProxies(edge: Edge): string[] {
  if (!hasOuterProxies(edge)) return [];
  return [
    '',
    '    # The addresses of the TLS proxies in front of this edge. If a request comes from one of them, its X-Forwarded-For',
    '    # header contains the address of the client.',
    ...edge.outerProxies.map((network) => `    set_real_ip_from ${network};`),
    '    real_ip_header X-Forwarded-For;',
    '    real_ip_recursive on;',
  ];
}

/** Returns the nginx variable with the X-Forwarded-For header for dockpass. */
function clientFor(edge: Edge): string {
  return hasOuterProxies(edge) ? '$dockpass_client' : '$remote_addr';
}

/**
 * Renders the directives that set the headers of requests to an upstream. If a location contains a proxy_set_header
 * directive, it inherits none of these directives from the server block. Therefore each location repeats all of them.
 */
function upstreamHeaders(edge: Edge, client: string): string {
  return lines(clientHeaders(edge, client), ...removedHeaders.map(removeHeader));
}

/**
 * Renders the directives that set the Host and X-Forwarded headers. These headers tell an upstream the host name, the
 * protocol and the client address of the request that the edge received.
 * @param client the variable with the value of the X-Forwarded-For header
 */
function clientHeaders(edge: Edge, client: string): string {
  return lines(
    '# nginx passes on the Host header unchanged, including the port, because this header decides to which realm a client',
    '# is sent, and whether the domain is public.',
    'proxy_set_header Host $dockpass_host;',
    `proxy_set_header X-Forwarded-Proto ${edge.tls.kind === 'off' ? '$dockpass_scheme' : 'https'};`,
    '# Do not use $proxy_add_x_forwarded_for here, because nginx would then pass on any address that a client sends.',
    `proxy_set_header X-Forwarded-For ${client};`,
  );
}

function removeHeader(header: string): string {
  return `proxy_set_header ${header} "";`;
}

function answer(
  name: string,
  status: number,
  body: string,
  headers: readonly string[] = [],
  other: readonly string[] = [],
): string {
  return lines(
    `    location @dockpass_${name} {`,
    '        default_type application/json;',
    ...headers.map((header) => `        add_header ${header} always;`),
    ...(headers.length === 0 ? [] : registryHeaders('        ')),
    ...other,
    `        return ${status} '${body}';`,
    '    }',
  );
}
