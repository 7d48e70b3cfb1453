import { formatListen } from '../../net/listen-address.ts';
import { catalogPath, defaultLimits, forwardHeaders, unneededHeaders, type Edge } from '../edge.ts';

/** Renders the route that sends all requests for the list of repositories to dockpass. */
export function catalogRoute(edge: Edge): string[] {
  const { bodyKiB } = edge.limits ?? defaultLimits;
  return [
    '',
    '    # dockpass itself answers requests for the list of repositories. It lists what the client may pull. The registry would',
    '    # list everything.',
    '    @catalog path ' + catalogPath,
    '    route @catalog {',
    '        request_body {',
    `            max_size ${2 * bodyKiB}KiB`,
    '        }',
    `        reverse_proxy ${formatListen(edge.dockpass)} {`,
    '            import dockpass_headers',
    ...[...forwardHeaders, ...unneededHeaders].map((header) => `            header_up -${header}`),
    '            import dockpass_incomplete',
    '        }',
    '    }',
  ];
}
