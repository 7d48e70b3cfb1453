import { ServerResponse } from 'node:http';
import { keepText } from '../run/evidence.ts';

// Importing this file records every response with a status of 400 or higher that an HTTP server in this process sends:
// status, headers and body. The search for leaked secrets at the end of the run reads these records. The diagnostics
// channels of Node.js cannot be used for this: they report the end of a response, but not its body.

const { end } = ServerResponse.prototype;

ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
  if (this.statusCode >= 400) {
    const [body] = args;
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : '';
    keepText('answers', `${this.statusCode} ${JSON.stringify(this.getHeaders())} ${text}`);
  }
  return Reflect.apply(end, this, args) as ServerResponse;
} as typeof end;
