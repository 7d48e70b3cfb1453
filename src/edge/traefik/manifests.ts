import { blobUploadPattern, manifestBodyMiB, manifestComment, type Edge } from '../edge.ts';
import { hostCondition, notLocalCondition, router } from './entries.ts';

/** The condition of a rule that matches the pushes of manifests. */
export const manifestCondition = `Method(\`PUT\`) && PathPrefix(\`/v2/\`) && !PathRegexp(\`${blobUploadPattern}\`)`;

export const manifestMiddlewares = [
  'dockpass-sandbox',
  'dockpass-clients',
  'dockpass-manifest-body',
  'dockpass-to-tokens',
] as const;

/**
 * Renders the routers that send all pushes of manifests to dockpass, if there are immutable tags. They match every PUT
 * that is not certainly the upload of a layer, so that no spelling of a path gets past them.
 */
export function manifestRouters(edge: Edge, tls: readonly string[]): string[] {
  if (!edge.immutableTags) return [];
  const rule = manifestCondition;
  const middlewares = manifestMiddlewares;
  return [
    `    ${manifestComment}, checks that they change no immutable tag, and sends them to the registry.`,
    '    # Layers go to the registry directly.',
    router('dockpass-manifests', `${hostCondition(edge)}${rule}`, 40, middlewares, 'dockpass', tls),
    ...(edge.tls.kind === 'off'
      ? [
          router(
            'dockpass-manifests-https',
            `${hostCondition(edge)}${notLocalCondition} && ${rule}`,
            41,
            ['dockpass-https', ...middlewares],
            'dockpass',
            [],
          ),
        ]
      : []),
  ];
}

/** Renders the limit for the manifests that dockpass receives. */
export function manifestLimit(edge: Edge): string[] {
  if (!edge.immutableTags) return [];
  const bytes = manifestBodyMiB * 1024 * 1024;
  return [
    '    # dockpass rejects a manifest of more than 4 MiB, as registries do. Traefik reads at most this size.',
    '    dockpass-manifest-body:',
    '      buffering:',
    `        maxRequestBodyBytes: ${bytes}`,
    `        memRequestBodyBytes: ${bytes}`,
  ];
}
