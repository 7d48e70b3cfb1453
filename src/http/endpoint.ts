import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request listener of node:http, which is also a handler for express. It answers every request and never throws. */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => void;
