import { formatListen } from '../../net/listen-address.ts';
import { answers, blankedHeaders, denialHeader, withheldHeaders, type Edge } from '../edge.ts';
import { maps } from './maps.ts';
import { indent, lines, quoted } from '../text.ts';

/**
 * nginx 1.19.5 or newer with http_auth_request (and http_realip where outer proxies are named), which every
 * distribution's package and the official image have.
 */

/** A whole file for `nginx -e stderr -c FILE`, run by anybody: whatever nginx writes is under `directory`. */
export function renderNginx(edge: Edge, directory: string): string {
  return lines(
    '# nginx as the edge of dockpass. Written anew at every start of `dockpass up`: changes made here are lost.',
    'daemon off;',
    'worker_processes auto;',
    `pid ${quoted(`${directory}/nginx.pid`)};`,
    'error_log stderr warn;',
    'events { worker_connections 4096; }',
    '',
    'http {',
    '    access_log off;',
    '    server_tokens off;',
    '    default_type application/octet-stream;',
    '    # Paths that an unprivileged user can write, and that a read-only root file system leaves alone.',
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

/** The server block alone, for an nginx that is already there: a file for its conf.d/ or sites-enabled/. */
export function renderNginxSite(edge: Edge): string {
  return lines(
    '# A private registry with a public door: /v2/ goes to the registry, /auth/ to dockpass.',
    '# Put this file where your nginx includes it inside its http block (/etc/nginx/conf.d/ or sites-enabled/), then:',
    '#     nginx -t && nginx -s reload',
    '# Merging it into a server block of yours: take everything below `server_name`, and keep the maps.',
    '',
    maps(edge),
    '',
    server(edge),
    '',
  );
}

function server(edge: Edge): string {
  return lines(
    'server {',
    indent(lines(...listeners(edge))),
    '',
    "    # A token for many repositories is long. Of several servers on one port, the first one's value counts.",
    '    large_client_header_buffers 4 32k;',
    '    # Layers are as large as they are, and pass through: nothing is capped, nothing spooled to disk. Without',
    '    # HTTP/1.1 towards the registry, chunked uploads would be.',
    '    client_max_body_size 0;',
    '    client_body_timeout 300s;',
    '    proxy_http_version 1.1;',
    '    proxy_request_buffering off;',
    '    proxy_max_temp_file_size 0;',
    '    proxy_buffer_size 32k;',
    '    proxy_buffers 4 32k;',
    '    # The registry hashes a large layer before it answers.',
    '    proxy_read_timeout 900s;',
    '    proxy_send_timeout 900s;',
    '    proxy_redirect off;',
    ...outerProxies(edge),
    '',
    '    location /v2/ {',
    ...(edge.publicDomainRules === undefined
      ? []
      : ['        if ($dockpass_refuses_write) {', '            return 403;', '        }']),
    '        auth_request /_dockpass_forward;',
    '        auth_request_set $dockpass_bearer $upstream_http_authorization;',
    `        auth_request_set $dockpass_errors $upstream_http_${denialHeader.toLowerCase().replaceAll('-', '_')};`,
    '        # nginx keeps the challenge by itself; the body would be HTML, which no registry client reads.',
    '        error_page 401 = @dockpass_unauthorized;',
    '        error_page 403 = @dockpass_denied;',
    '        error_page 500 502 503 504 = @dockpass_unavailable;',
    indent(passedOn(edge), 2),
    '        proxy_set_header Authorization $dockpass_authorization;',
    `        proxy_pass http://${formatListen(edge.registry)};`,
    '    }',
    '',
    '    location /auth/ {',
    '        error_page 502 504 = @dockpass_unavailable;',
    indent(passedOn(edge), 2),
    ...withheldHeaders.map((header) => `        ${blank(header)}`),
    `        proxy_pass http://${formatListen(edge.dockpass)};`,
    '    }',
    '    # For this edge alone; hidden from outside, in any spelling.',
    '    location ~* ^/+auth/+forward {',
    '        return 404;',
    '    }',
    '',
    '    # Which token is this Basic good for? Asked with the method and the URI, never with the body, nor with whatever',
    '    # else a browser sends along: of headers, dockpass takes 16 KiB.',
    '    location = /_dockpass_forward {',
    '        internal;',
    '        if ($dockpass_is_basic = 0) {',
    '            return 204;',
    '        }',
    '        proxy_pass_request_headers off;',
    indent(reachedAs(edge), 2),
    '        proxy_set_header Authorization $http_authorization;',
    '        proxy_set_header User-Agent $http_user_agent;',
    '        proxy_set_header X-Forwarded-Method $request_method;',
    '        proxy_set_header X-Forwarded-Uri $request_uri;',
    '        proxy_set_header Content-Length "";',
    '        proxy_pass_request_body off;',
    `        proxy_pass http://${formatListen(edge.dockpass)}/auth/forward;`,
    '    }',
    '',
    '    # Without these two, nginx would redirect to the same with a slash, by a scheme and port of its own.',
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
    answer('unauthorized', 401, '$dockpass_unauthorized', 'Docker-Distribution-Api-Version registry/2.0'),
    answer(
      'denied',
      403,
      edge.publicDomainRules === undefined ? '$dockpass_forbidden' : '$dockpass_denied',
      'Docker-Distribution-Api-Version registry/2.0',
    ),
    answer('unavailable', 503, answers.unavailable, 'Retry-After 5'),
    '}',
  );
}

function listeners(edge: Edge): string[] {
  const tls = edge.tls;
  if (tls.kind === 'acme') throw new TypeError('nginx gets no certificates by ACME');
  const options = tls.kind === 'files' ? ' ssl http2' : '';
  return [
    ...(tls.kind === 'files'
      ? ['# nginx 1.25 and newer warn about http2 here, and would rather read `http2 on;`.']
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

/** With these, $remote_addr below is the client as the outer proxy saw it. */
function outerProxies(edge: Edge): string[] {
  if (edge.tls.kind !== 'off' || edge.outerProxies.length === 0) return [];
  return [
    '',
    '    # The TLS proxies in front: their X-Forwarded-For says who the client is.',
    ...edge.outerProxies.map((network) => `    set_real_ip_from ${network};`),
    '    real_ip_header X-Forwarded-For;',
    '    real_ip_recursive on;',
  ];
}

/** Any proxy_set_header in a location drops the inherited ones: so each location has them all. */
function passedOn(edge: Edge): string {
  return lines(reachedAs(edge), ...blankedHeaders.map(blank));
}

function reachedAs(edge: Edge): string {
  return lines(
    '# The Host, port included, decides which realm a client is sent to, and whether that realm is public.',
    'proxy_set_header Host $http_host;',
    `proxy_set_header X-Forwarded-Proto ${edge.tls.kind === 'off' ? '$dockpass_scheme' : 'https'};`,
    '# Never $proxy_add_x_forwarded_for: what a client writes there would be believed.',
    'proxy_set_header X-Forwarded-For $remote_addr;',
  );
}

function blank(header: string): string {
  return `proxy_set_header ${header} "";`;
}

function answer(name: string, status: number, body: string, header?: string): string {
  return lines(
    `    location @dockpass_${name} {`,
    '        default_type application/json;',
    ...(header === undefined ? [] : [`        add_header ${header} always;`]),
    `        return ${status} '${body}';`,
    '    }',
  );
}
