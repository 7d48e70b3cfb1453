import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A request listener for node:http, which express also accepts as a handler. An endpoint answers every request and
 * never throws.
 */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => void;
