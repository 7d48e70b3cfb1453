import {
  answers,
  localHostPattern,
  outerSchemePatterns,
  publicHostPatterns,
  readingMethods,
  writeDenialBody,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { lines } from '../text.ts';

/** Renders the `map` blocks, which derive variables from a request. They must be in the `http` block of nginx. */
export function maps(edge: Edge): string {
  const blocks = [
    '# If a registry request has a Basic header, nginx first asks dockpass for a token. Other requests do not involve',
    '# dockpass.',
    'map $http_authorization $dockpass_is_basic {',
    '    default 0;',
    '    "~*^basic " 1;',
    '}',
    '# The Authorization header for the registry: the token that replaces a Basic header, or the header of the client.',
    'map $dockpass_is_basic $dockpass_authorization {',
    '    default $http_authorization;',
    '    1 $dockpass_bearer;',
    '}',
    '# The error body for the client. dockpass sends its error in a header, because nginx discards the body of the answer',
    '# to an auth_request.',
    ...errorBody('unauthorized', answers.unauthorized),
    ...errorBody('forbidden', answers.denied),
  ];
  if (edge.tls.kind === 'off') {
    blocks.push(
      '# The registry sends clients to a realm URL with this scheme. The scheme comes from the X-Forwarded-Proto header',
      '# of the TLS proxy in front. Without it, the scheme is http for hosts of this machine, and https for all others.',
      'map $http_host $dockpass_scheme_by_host {',
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
  if (edge.publicDomainRules !== undefined) blocks.push(...deniedWrites(edge.publicDomainRules));
  return lines(...blocks);
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
    '# Public domains only serve pulls. Requests that could write are denied here, before the upstreams see them.',
    'map $http_host $dockpass_is_public {',
    '    default 0;',
    ...publicHostPatterns(rules).map((pattern) => `    "~*${pattern}" 1;`),
    '}',
    'map $request_method $dockpass_refuses_write {',
    '    default $dockpass_is_public;',
    ...readingMethods.map((method) => `    ${method} 0;`),
    '}',
    'map $dockpass_refuses_write $dockpass_denied {',
    '    default $dockpass_forbidden;',
    `    1 '${writeDenialBody(rules, '$http_host')}';`,
    '}',
  ];
}
