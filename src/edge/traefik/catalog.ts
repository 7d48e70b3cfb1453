import { catalogPath, type Edge } from '../edge.ts';
import { hostCondition, notLocalCondition, router } from './entries.ts';

/** Renders the routers that send all requests for the list of repositories to dockpass. */
export function catalogRouters(edge: Edge, tls: readonly string[]): string[] {
  const rule = `Path(\`${catalogPath}\`)`;
  const middlewares = ['dockpass-sandbox', 'dockpass-clients', 'dockpass-small-body', 'dockpass-to-tokens'];
  return [
    '    # dockpass itself answers requests for the list of repositories. It lists what the client may pull. The registry would',
    '    # list everything.',
    router('dockpass-catalog', `${hostCondition(edge)}${rule}`, 50, middlewares, 'dockpass', tls),
    ...(edge.tls.kind === 'off'
      ? [
          '    # The same for requests to all hosts except localhost and loopback addresses: clients get tokens by https there.',
          router(
            'dockpass-catalog-https',
            `${hostCondition(edge)}${notLocalCondition} && ${rule}`,
            51,
            ['dockpass-https', ...middlewares],
            'dockpass',
            [],
          ),
        ]
      : []),
  ];
}
