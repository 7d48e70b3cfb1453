import { retryable } from '../cache/retryable.ts';
import { DockpassError, importLate, toRequestError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { isRegistryTarget } from '../scope/registry-route.ts';
import type { Endpoints } from './app.ts';
import { answerFailure, endFailedRequest, type Endpoint } from './endpoint.ts';
import { writeError } from './error-response.ts';

/** Loads express and creates the application, which answers all requests except those for tokens. */
type LoadApp = (endpoints: Endpoints, log: Log) => Promise<Endpoint>;

const loadExpress: LoadApp = async (endpoints, log) => {
  const { createApp } = await importLate(() => import('./app.ts'));
  return createApp(endpoints, log);
};

/** Loads what answers the requests under `/v2/` that the edge sends to dockpass. It does not need express. */
const loadRegistryRoutes: LoadApp = async ({ api, shared }) => {
  const { createV2 } = await importLate(() => import('./v2/v2.ts'));
  if (api === undefined || shared === undefined)
    throw new DockpassError('not_found', 'this server answers nothing under /v2/.');
  return createV2({ ...api, ...(await shared()) });
};

/**
 * Creates the function that answers all requests. The function calls the endpoints for tokens directly, because express
 * is slower. Express handles all other requests, except those under `/v2/`. Express and the endpoints under `/v2/` are
 * loaded only when the first of these other requests arrives, so that the server starts faster. If they cannot be
 * loaded, that request is answered with 503, and the next one tries to load them again.
 */
export function createRouter(endpoints: Endpoints, log: Log, loadApp = loadExpress): Endpoint {
  const callExpress = loadedLate(endpoints, log, loadApp);
  const callRegistryRoutes = loadedLate(endpoints, log, loadRegistryRoutes);
  return (request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const endpoint =
      endpoints.direct.get(mark < 0 ? url : url.slice(0, mark)) ??
      (isRegistryTarget(url) ? callRegistryRoutes : callExpress);
    try {
      endpoint(request, response);
    } catch (error) {
      endFailedRequest(response, error, log);
    }
  };
}

/** Returns an endpoint that loads its code with the first request. */
function loadedLate(endpoints: Endpoints, log: Log, load: LoadApp): Endpoint {
  const loaded = retryable(() => load(endpoints, log));
  return (request, response) => {
    loaded()
      .then((handle) => handle(request, response))
      .catch((error: unknown) =>
        answerFailure(response, log, () => writeError(request, response, toRequestError(error), log)),
      );
  };
}
