import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../errors.ts';

/** The maximum size of a form in bytes. A form with a refresh token and a hundred scopes is much smaller. */
const maxBodyLength = 64 * 1024;

/**
 * The maximum number of bodies that may be incomplete at the same time for one client address. Most bodies arrive
 * together with the headers and are not counted. This limit is needed for an edge with Caddy, because Caddy cannot
 * limit the connections of one address. An edge with nginx has such a limit.
 */
const maxIncompleteBodies = 200;

/** The number of incomplete bodies for each client address that has any. */
const incompleteBodies = new Map<string, number>();

/**
 * Reads the body of a request as a form (RFC 6749 appendix B).
 * @param address the client's address
 * @throws DockpassError `unsupported_media_type`, `body_too_large`, `bad_request`, `busy`
 */
export async function readForm(request: IncomingMessage, address: string): Promise<URLSearchParams> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded *(?:; *charset=[^;]+)?$/i.test(type)) {
    throw new DockpassError(
      'unsupported_media_type',
      'the Content-Type of the body is not supported. Send the body as application/x-www-form-urlencoded.',
    );
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new DockpassError(
      'unsupported_media_type',
      'the body has a Content-Encoding, which is not supported. Send the body without a Content-Encoding header.',
    );
  }
  const body = request.complete ? await readBody(request) : await readIncomplete(request, address);
  return new URLSearchParams(body.toString('utf8'));
}

async function readIncomplete(request: IncomingMessage, address: string): Promise<Buffer> {
  const count = incompleteBodies.get(address) ?? 0;
  if (count >= maxIncompleteBodies)
    throw new DockpassError(
      'busy',
      `${count} requests from this address have not sent their whole body yet. Try again in a few seconds.`,
      { retryAfter: 5 },
    );
  incompleteBodies.set(address, count + 1);
  try {
    return await readBody(request);
  } finally {
    const left = (incompleteBodies.get(address) ?? 1) - 1;
    if (left > 0) incompleteBodies.set(address, left);
    else incompleteBodies.delete(address);
  }
}

/**
 * Reads the body with event listeners, because an async iterator is slow: it would take more time than all other steps
 * of reading a form together.
 */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxBodyLength) {
        chunks.push(chunk);
        return;
      }
      // The rest of the body is received and discarded, because many clients read the response only after they have
      // sent the whole body.
      request.off('data', onData).resume();
      reject(
        new DockpassError(
          'body_too_large',
          `the body is larger than ${maxBodyLength} bytes. Request fewer scopes at once.`,
        ),
      );
    };
    const onEarlyEnd = (cause?: Error): void =>
      reject(
        new DockpassError(
          'bad_request',
          'the connection ended before the whole body arrived. Send the request again.',
          { cause },
        ),
      );
    request.on('data', onData);
    request.once('error', onEarlyEnd).once('close', onEarlyEnd);
    request.once('end', () => {
      request.off('close', onEarlyEnd);
      resolve(Buffer.concat(chunks));
    });
  });
}
