import type { Log } from '../observe/log.ts';
import type { Endpoints } from './app.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Creates the function that answers all requests. The function calls the endpoints for tokens directly, because express
 * is slower. Express handles all other requests. Express is loaded only when the first of these other requests arrives,
 * so that the server starts faster.
 */
export function createRouter(endpoints: Endpoints, log: Log): Endpoint {
  let app: Promise<Endpoint> | undefined;
  const callExpress: Endpoint = (request, response) => {
    app ??= import('./app.ts').then(({ createApp }) => createApp(endpoints, log));
    void app.then((handle) => handle(request, response));
  };
  return (request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const endpoint = endpoints.direct.get(mark < 0 ? url : url.slice(0, mark)) ?? callExpress;
    endpoint(request, response);
  };
}
