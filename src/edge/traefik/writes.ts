import { formatListen } from '../../net/listen-address.ts';
import { type Edge } from '../edge.ts';
import { lines } from '../text.ts';
import { writesPath } from '../../writes/names.ts';
import { hostCondition, router, writingCondition } from './entries.ts';
import { manifestCondition, manifestMiddlewares } from './manifests.ts';

/**
 * Renders the dynamic configuration file that Traefik reads only while writes are stopped. It belongs into the same
 * folder as the other dynamic file of dockpass, whose middlewares and services it uses. Traefik cannot create a response
 * itself, so the router asks dockpass about each request that could write.
 */
export function renderTraefikStopped(edge: Edge): string {
  const tls =
    edge.tls.kind === 'off' ? [] : [edge.tls.kind === 'acme' ? 'tls: { certResolver: default }' : 'tls: {}'];
  return lines(
    '# Traefik as the edge of dockpass: the part that stops writes. "dockpass writes stop" copies this file to the same name',
    '# without .off, and "dockpass writes start" removes the copy.',
    'http:',
    '  routers:',
    router(
      'dockpass-writes-stopped',
      `${hostCondition(edge)}PathPrefix(\`/v2/\`) && ${writingCondition}`,
      55,
      ['dockpass-sandbox', 'dockpass-version', 'dockpass-writes', 'dockpass-to-registry'],
      'registry',
      tls,
    ),
    ...(edge.immutableTags
      ? [
          router(
            'dockpass-manifests-stopped',
            `${hostCondition(edge)}${manifestCondition}`,
            56,
            ['dockpass-version', 'dockpass-writes', ...manifestMiddlewares],
            'dockpass',
            tls,
          ),
        ]
      : []),
    '',
    '  middlewares:',
    '    dockpass-writes:',
    '      forwardAuth:',
    `        address: "http://${formatListen(edge.dockpass)}${writesPath}"`,
    '        trustForwardHeader: false',
    '        authRequestHeaders: [User-Agent]',
    '',
  );
}
