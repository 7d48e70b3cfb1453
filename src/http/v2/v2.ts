import { DockpassError } from '../../errors.ts';
import { decodePath } from '../../scope/registry-route.ts';
import { createVerifyRegistryToken } from '../../token/verify-token.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { createCatalogList } from './catalog-list.ts';
import { createManifestPush } from './manifest-push.ts';
import type { V2Parts } from './v2-parts.ts';

/** The path of the list of repositories. */
const catalogPath = '/v2/_catalog';

/**
 * Creates the endpoint for those requests under `/v2/` that the edge sends to dockpass instead of the registry: all
 * requests for the list of repositories, and, if there are immutable tags, all pushes of manifests. The edge does not
 * change their path, their query and their headers. The answers look like those of a registry.
 */
export function createV2(parts: Omit<V2Parts, 'verify'>): Endpoint {
  const withVerify: V2Parts = { ...parts, verify: createVerifyRegistryToken(parts.keys, parts.clock) };
  const answerCatalog = createCatalogList(withVerify);
  const pushManifest = createManifestPush(withVerify);
  return (request, response) => {
    const isCatalog = decodePath((request.url ?? '').split('?', 1)[0] ?? '') === catalogPath;
    if (isCatalog || request.method === 'PUT') {
      // Clients recognize a registry by this header.
      response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
      return isCatalog ? answerCatalog(request, response) : pushManifest(request, response);
    }
    answerFailure(response, parts.log, () =>
      writeError(
        request,
        response,
        new DockpassError(
          'not_found',
          `of all paths under /v2/, dockpass itself answers only ${catalogPath}. Send all others to the registry: use the edge configuration that "dockpass init" writes.`,
        ),
        parts.log,
      ),
    );
  };
}
