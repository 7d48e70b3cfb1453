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
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxLength)
        throw new DockpassError('body_too_large', `the body is larger than ${maxLength} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    throw new DockpassError('bad_request', 'the body ended early', { cause });
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
