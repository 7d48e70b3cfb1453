import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A function that answers HTTP requests. Both node:http and express accept it as a handler. It answers every request
 * and never throws.
 */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => void;
