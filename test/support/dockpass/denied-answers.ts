import { ServerResponse } from 'node:http';
import { keepText } from '../run/evidence.ts';

// Importing this keeps what the servers of this process tell whom they refuse: status, headers and body. Node tells
// its diagnostics channels of an answer's end, but not what was in it.

const { end } = ServerResponse.prototype;

ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
  if (this.statusCode >= 400) {
    const [body] = args;
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : '';
    keepText('answers', `${this.statusCode} ${JSON.stringify(this.getHeaders())} ${text}`);
  }
  return Reflect.apply(end, this, args) as ServerResponse;
} as typeof end;
