import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../errors.ts';

/** Bytes. A refresh token and a hundred scopes are well below. */
const maxLength = 64 * 1024;

/**
 * Reads a form body (RFC 6749 appendix B).
 * @throws DockpassError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded *(?:; *charset=[^;]+)?$/i.test(type)) {
    throw new DockpassError('unsupported_media_type', 'send the body as application/x-www-form-urlencoded');
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new DockpassError('unsupported_media_type', 'send the body without Content-Encoding');
  }
  return new URLSearchParams((await readBody(request)).toString('utf8'));
}

/** By events: an async iterator over the request costs more than all else that a form does. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxLength) {
        chunks.push(chunk);
        return;
      }
      // The rest flows by unread, so that the client gets as far as reading our answer.
      request.off('data', take).resume();
      reject(new DockpassError('body_too_large', `the body is larger than ${maxLength} bytes`));
    };
    const endedEarly = (cause?: Error): void =>
      reject(new DockpassError('bad_request', 'the body ended early', { cause }));
    request.on('data', take);
    request.once('error', endedEarly).once('close', endedEarly);
    request.once('end', () => {
      request.off('close', endedEarly);
      resolve(Buffer.concat(chunks));
    });
  });
}
