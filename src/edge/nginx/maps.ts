import {
  answers,
  catalogPath,
  hasOuterProxies,
  localHostPattern,
  outerSchemePatterns,
  publicHostPatterns,
  readingMethods,
  registryAnswerHeaders,
  tokenPathPattern,
  writeDenialBody,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { manifestMap } from './manifests.ts';
import { lines } from '../text.ts';
import { writeMap } from './writes.ts';

/** Renders the `map` blocks, which derive variables from a request. They must be in the `http` block of nginx. */
export function maps(edge: Edge): string {
  const blocks = [
    '# The host that the client named, with its port. If a request over HTTP/1.0 has no Host header, this is the address and',
    '# the port to which the client connected. Health checks send such requests.',
    'map $server_addr $dockpass_address {',
    '    default $server_addr;',
    '    "~:" "[$server_addr]";',
    '}',
    'map $http_host $dockpass_host {',
    '    default $http_host;',
    '    "" $dockpass_address:$server_port;',
    '}',
    '# Counts the connections of each IPv4 address and of each IPv6 /48, for the limit in the location /auth/. One client can',
    '# use all addresses of an IPv6 /48.',
    'map $remote_addr $dockpass_network {',
    '    default $binary_remote_addr;',
    '    "~^(?<dockpass_48>[0-9a-f]+:([0-9a-f]+:){0,2})" $dockpass_48;',
    '}',
    'limit_conn_zone $dockpass_network zone=dockpass_clients:10m;',
    '# If a registry request has a Basic header, nginx first asks dockpass for a token. If a registry request has no Basic',
    '# header, nginx does not ask dockpass.',
    'map $http_authorization $dockpass_is_basic {',
    '    default 0;',
    '    "~*^basic " 1;',
    '}',
    ...writeMap(edge),
    '# The Authorization header that nginx sends to the registry. If the client sent a Basic header, this is the token from',
    '# dockpass. If not, this is the unchanged header of the client.',
    'map $dockpass_is_basic $dockpass_authorization {',
    '    default $http_authorization;',
    '    1 $dockpass_bearer;',
    '}',
    '# The body of the error response for the client. nginx discards the body of an answer to an auth_request, so dockpass',
    '# sends the error in a header too, from which nginx builds this body.',
    ...errorBody('unauthorized', answers.unauthorized),
    ...errorBody('forbidden', answers.denied),
    '# The cookies for dockpass. The endpoints for tokens and the list of repositories do not need them, and dockpass rejects',
    '# requests with more than 16 KiB of headers.',
    'map $uri $dockpass_cookie {',
    '    default $http_cookie;',
    `    "~*${tokenPathPattern}" "";`,
    `    ${catalogPath} "";`,
    ...(edge.immutableTags ? ['    "~^/v2/" "";'] : []),
    '}',
    '# Headers of every answer under /v2/, also of errors. The registry and the console have the same origin. These headers make',
    '# sure that browsers run no pushed file as a page or as a script. For other paths, the variables are empty, and nginx adds',
    '# no header.',
    ...Object.entries(registryAnswerHeaders).flatMap(([header, value]) => [
      `map $uri ${registryHeaderVariable(header)} {`,
      '    default "";',
      `    "~^/v2/" ${value};`,
      '}',
    ]),
  ];
  if (edge.tls.kind === 'off') {
    blocks.push(
      '# $dockpass_scheme is the scheme of the realm URL to which the registry sends clients. It comes from the',
      '# X-Forwarded-Proto header of the TLS proxy in front. If this header is missing, the scheme is http for hosts of this',
      '# machine, and https for all other hosts.',
      'map $dockpass_host $dockpass_scheme_by_host {',
      '    default https;',
      `    "~*${localHostPattern}" http;`,
      '}',
      'map $http_x_forwarded_proto $dockpass_scheme {',
      '    default $dockpass_scheme_by_host;',
      `    "~*${outerSchemePatterns.https}" https;`,
      `    "~*${outerSchemePatterns.http}" http;`,
      '}',
    );
  }
  blocks.push(...manifestMap(edge));
  if (hasOuterProxies(edge)) blocks.push(...clientAddress(edge));
  if (edge.publicDomainRules !== undefined) blocks.push(...deniedWrites(edge.publicDomainRules));
  return lines(...blocks);
}

/** Returns the variable with the value of a header that is in every answer under `/v2/`, and in no other answer. */
export function registryHeaderVariable(header: string): string {
  return `$dockpass_${header.toLowerCase().replaceAll('-', '_')}`;
}

/**
 * Renders the variable with the X-Forwarded-For header for dockpass. The variable $remote_addr is not enough: if nginx
 * cannot read an entry of the header, it sets $remote_addr to the address of a proxy.
 */
function clientAddress({ outerProxies }: Edge): string[] {
  return [
    '# $dockpass_client is the X-Forwarded-For header for dockpass. It is the address of the client. If nginx finds only the',
    '# addresses of TLS proxies in front of this edge, or an entry that it cannot read, it passes on the whole header.',
    'geo $remote_addr $dockpass_is_proxy {',
    '    default 0;',
    ...outerProxies.map((network) => `    ${network} 1;`),
    '}',
    'map $dockpass_is_proxy:$http_x_forwarded_for $dockpass_client {',
    '    default $remote_addr;',
    '    "~^1:.+" $http_x_forwarded_for;',
    '}',
  ];
}

function errorBody(name: string, fallback: string): string[] {
  return [
    `map $dockpass_errors $dockpass_${name} {`,
    `    default '{"errors":$dockpass_errors}';`,
    `    "" '${fallback}';`,
    '}',
  ];
}

function deniedWrites(rules: PublicDomainRules): string[] {
  return [
    '# Users can only pull from public domains. Requests that could write are denied here and not passed on to the',
    '# registry.',
    'map $dockpass_host $dockpass_is_public {',
    '    default 0;',
    ...publicHostPatterns(rules).map((pattern) => `    "~*${pattern}" 1;`),
    '}',
    'map $request_method $dockpass_refuses_write {',
    '    default $dockpass_is_public;',
    ...readingMethods.map((method) => `    ${method} 0;`),
    '}',
    'map $dockpass_refuses_write $dockpass_denied {',
    '    default $dockpass_forbidden;',
    `    1 '${writeDenialBody(rules, '$dockpass_host')}';`,
    '}',
  ];
}
