import type { Log } from '../observe/log.ts';
import type { Endpoints } from './app.ts';
import type { Endpoint } from './token/token-endpoint.ts';

/**
 * Tokens are served before express sees the request; express routes everything else, and is loaded with the first
 * request that wants it: a start does without.
 */
export function createRouter(endpoints: Endpoints, log: Log): Endpoint {
  let app: Promise<Endpoint> | undefined;
  const rest: Endpoint = (request, response) => {
    app ??= import('./app.ts').then(({ createApp }) => createApp(endpoints, log));
    void app.then((listener) => listener(request, response));
  };
  return (request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const endpoint = endpoints.hot.get(mark < 0 ? url : url.slice(0, mark)) ?? rest;
    endpoint(request, response);
  };
}
