import { formatListen } from '../../net/listen-address.ts';
import {
  blobUploadPattern,
  defaultLimits,
  forwardHeaders,
  manifestComment,
  unneededHeaders,
  type Edge,
} from '../edge.ts';

/**
 * Renders the route that sends all pushes of manifests to dockpass, if there are immutable tags. It matches every PUT
 * that is not certainly the upload of a layer, so that no spelling of a path gets past it. There is no limit for the size here,
 * because Caddy would answer 503 if a request is larger. dockpass answers 413, and Caddy then closes the connection.
 * @param bodyTimeout true if this Caddy knows `read_timeout` in `request_body`
 */
export function manifestRoute(edge: Edge, bodyTimeout: boolean): string[] {
  if (!edge.immutableTags) return [];
  const { bodySeconds } = edge.limits ?? defaultLimits;
  return [
    '',
    `    ${manifestComment}, checks that they change no immutable tag, and sends them to the registry.`,
    '    # Layers go to the registry directly.',
    '    @manifest {',
    '        method PUT',
    '        path /v2/*',
    `        not path_regexp ${blobUploadPattern}`,
    '    }',
    '    route @manifest {',
    ...(bodyTimeout
      ? ['        request_body {', `            read_timeout ${bodySeconds}s`, '        }']
      : []),
    `        reverse_proxy ${formatListen(edge.dockpass)} {`,
    '            import dockpass_headers',
    ...[...forwardHeaders, ...unneededHeaders].map((header) => `            header_up -${header}`),
    '            header_down -X-Content-Type-Options',
    '            import dockpass_incomplete',
    '        }',
    '    }',
  ];
}
