import { importLate, toRequestError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import type { Endpoints } from './app.ts';
import { answerFailure, endFailedRequest, type Endpoint } from './endpoint.ts';
import { writeError } from './error-response.ts';

/** Loads express and creates the application, which answers all requests except those for tokens. */
type LoadApp = (endpoints: Endpoints, log: Log) => Promise<Endpoint>;

const loadExpress: LoadApp = async (endpoints, log) => {
  const { createApp } = await importLate(() => import('./app.ts'));
  return createApp(endpoints, log);
};

/**
 * Creates the function that answers all requests. The function calls the endpoints for tokens directly, because express
 * is slower. Express handles all other requests. Express is loaded only when the first of these other requests arrives,
 * so that the server starts faster. If express cannot be loaded, that request is answered with 503, and the next one
 * tries to load it again.
 */
export function createRouter(endpoints: Endpoints, log: Log, loadApp = loadExpress): Endpoint {
  let app: Promise<Endpoint> | undefined;
  const callExpress: Endpoint = (request, response) => {
    app ??= loadApp(endpoints, log).catch((error: unknown) => {
      app = undefined;
      throw error;
    });
    app
      .then((handle) => handle(request, response))
      .catch((error: unknown) =>
        answerFailure(response, log, () => writeError(request, response, toRequestError(error), log)),
      );
  };
  return (request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const endpoint = endpoints.direct.get(mark < 0 ? url : url.slice(0, mark)) ?? callExpress;
    try {
      endpoint(request, response);
    } catch (error) {
      endFailedRequest(response, error, log);
    }
  };
}
