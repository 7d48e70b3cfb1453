import { readingMethods, type Edge } from '../edge.ts';
import { stoppedFile, writesHeader } from '../../writes/names.ts';

// While writes are stopped, nginx asks dockpass about each request that could write, in the same subrequest in which it
// asks for a token.

/** Renders the map that tells requests that could write from all others. */
export function writeMap({ writes }: Edge): string[] {
  return [
    '# Requests that could write. While writes are stopped, nginx asks dockpass about them.',
    'map $request_method $dockpass_could_write {',
    '    default 1;',
    ...readingMethods.map((method) => `    ${method} "";`),
    '}',
    ...(writes.includes('$')
      ? [
          '# nginx has no other way to write a dollar sign.',
          'geo $dockpass_dollar {',
          '    default "$";',
          '}',
        ]
      : []),
  ];
}

/**
 * Renders the directives that decide whether nginx asks dockpass about a request. nginx looks for the file at each
 * request and never caches the result, whatever the server block says about open files.
 */
export function writeQuestion(edge: Edge): string[] {
  return [
    'set $dockpass_asks $dockpass_is_basic;',
    ...stoppedVariable(edge),
    'if ($dockpass_writes) {',
    '    set $dockpass_asks 1;',
    '}',
    'if ($dockpass_asks = 0) {',
    '    return 204;',
    '}',
  ];
}

/** Renders the directives that set the variable to 1 if writes are stopped, and if the request could write. */
export function stoppedVariable({ writes }: Edge): string[] {
  const path = `${writes}/${stoppedFile}`.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return [
    '# This file exists while writes are stopped, for example during garbage collection.',
    'open_file_cache off;',
    'set $dockpass_writes "";',
    `if (-f "${path.replaceAll('$', '${dockpass_dollar}')}") {`,
    '    set $dockpass_writes $dockpass_could_write;',
    '}',
  ];
}

export const writeQuestionHeader = `proxy_set_header ${writesHeader} $dockpass_writes;`;

/** Renders the directives that remember, from the answer of dockpass, that writes are stopped. */
export const writeAnswerVariables = [
  `auth_request_set $dockpass_stopped $upstream_http_${variable(writesHeader)};`,
  'auth_request_set $dockpass_retry_after $upstream_http_retry_after;',
];

/** Renders the answer to a request that nginx does not pass on, because writes are stopped. */
export const stoppedAnswer = [
  '        if ($dockpass_stopped) {',
  "            return 503 '$dockpass_forbidden';",
  '        }',
];

/** nginx sends the header only if the variable has a value. */
export const stoppedHeader = 'Retry-After $dockpass_retry_after';

/** Returns the end of the name of nginx's variable for a header, such as `$upstream_http_…`. */
export function variable(header: string): string {
  return header.toLowerCase().replaceAll('-', '_');
}
