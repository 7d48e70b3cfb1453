import { DockpassError, toRequestError } from '../../errors.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import type { V2Parts } from './v2.ts';

/** Creates the endpoint for `GET /v2/_catalog`. */
export function createCatalogList({ log }: V2Parts): Endpoint {
  return (request, response) =>
    answerFailure(response, log, () =>
      writeError(
        request,
        response,
        toRequestError(new DockpassError('not_found', 'not implemented yet')),
        log,
      ),
    );
}
