import {
  answers,
  localHostPattern,
  outerScheme,
  publicHostPatterns,
  readingMethods,
  writeDenial,
  type Edge,
  type PublicDomainRules,
} from '../edge.ts';
import { lines } from '../text.ts';

/** What nginx works out of a request before it does anything: for its http block. */
export function maps(edge: Edge): string {
  const parts = [
    '# Basic on a registry request is changed into a token first; a request without it never asks.',
    'map $http_authorization $dockpass_is_basic {',
    '    default 0;',
    '    "~*^basic " 1;',
    '}',
    '# What the registry gets to see: the token that dockpass gave for Basic, else what the client sent.',
    'map $dockpass_is_basic $dockpass_authorization {',
    '    default $http_authorization;',
    '    1 $dockpass_bearer;',
    '}',
    '# What dockpass says of a refusal; nginx would leave the body of its answer behind.',
    ...refusal('unauthorized', answers.unauthorized),
    ...refusal('forbidden', answers.denied),
  ];
  if (edge.tls.kind === 'off') {
    parts.push(
      '# The scheme of the realm that the registry names. The TLS proxy in front says it; without one, plain HTTP',
      '# stays plain on this machine alone.',
      'map $http_host $dockpass_scheme_by_host {',
      '    default https;',
      `    "~*${localHostPattern}" http;`,
      '}',
      'map $http_x_forwarded_proto $dockpass_scheme {',
      '    default $dockpass_scheme_by_host;',
      `    "~*${outerScheme.https}" https;`,
      `    "~*${outerScheme.http}" http;`,
      '}',
    );
  }
  if (edge.publicDomainRules !== undefined) parts.push(...refusedWrites(edge.publicDomainRules));
  return lines(...parts);
}

function refusal(name: string, unsaid: string): string[] {
  return [
    `map $dockpass_errors $dockpass_${name} {`,
    `    default '{"errors":$dockpass_errors}';`,
    `    "" '${unsaid}';`,
    '}',
  ];
}

function refusedWrites(door: PublicDomainRules): string[] {
  return [
    '# A public name serves pulls alone. What would write is refused here, before anybody is asked.',
    'map $http_host $dockpass_is_public {',
    '    default 0;',
    ...publicHostPatterns(door).map((pattern) => `    "~*${pattern}" 1;`),
    '}',
    'map $request_method $dockpass_refuses_write {',
    '    default $dockpass_is_public;',
    ...readingMethods.map((method) => `    ${method} 0;`),
    '}',
    'map $dockpass_refuses_write $dockpass_denied {',
    '    default $dockpass_forbidden;',
    `    1 '${writeDenial(door, '$http_host')}';`,
    '}',
  ];
}
