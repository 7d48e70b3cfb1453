import { formatListen } from '../../net/listen-address.ts';
import { readingMethods, unneededHeaders, type Edge } from '../edge.ts';
import { stoppedFile, writesPath } from '../../writes/names.ts';

/**
 * Renders the block that asks dockpass about each request that could write, while writes are stopped. Caddy looks for
 * the file at each request.
 */
export function stoppedWrites(edge: Edge): string[] {
  return [
    '',
    '    # This file exists while writes are stopped, for example during garbage collection. Caddy then asks dockpass about each',
    '    # request that could write. If dockpass does not answer, Caddy does not pass the request on.',
    '    @stopped {',
    '        path /v2/*',
    `        not method ${readingMethods.join(' ')}`,
    '        file {',
    `            root ${literalPath(edge.writes)}`,
    `            try_files /${stoppedFile}`,
    '        }',
    '    }',
    '    route @stopped {',
    '        header ?Docker-Distribution-Api-Version registry/2.0',
    `        forward_auth ${formatListen(edge.dockpass)} {`,
    `            uri ${writesPath}?`,
    '            header_up -Authorization',
    '            header_up -Expect',
    ...unneededHeaders.map((header) => `            header_up -${header}`),
    '            import dockpass_headers',
    '        }',
    '    }',
  ];
}

/**
 * Quotes a path for the `file` matcher, which takes it for a pattern: `*`, `?`, `[` and `\` are special in patterns,
 * and braces in placeholders. Measured with Caddy 2.6.2 and 2.10.2.
 */
function literalPath(path: string): string {
  return `"${path.replace(/[*?[\\{}]/g, '\\$&').replaceAll('"', '\\"')}"`;
}
