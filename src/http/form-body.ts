import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../errors.ts';
import { maxBodyLengthOf } from './body/body-limits.ts';
import { receivedBody } from './body/incomplete-bodies.ts';

/**
 * Reads the body of a request as a form (RFC 6749 appendix B).
 * @throws DockpassError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
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
  return new URLSearchParams((await readBody(request)).toString('utf8'));
}

/**
 * Reads the body of a request.
 * @param advice what the client can do if the body is too large
 * @throws DockpassError `body_too_large`, `bad_request`
 */
export async function readBody(
  request: IncomingMessage,
  advice = 'Request fewer scopes at once.',
): Promise<Buffer> {
  const body = receivedBody(request) ?? (await receiveBody(request, advice));
  if (body === 'too large') throw tooLarge(request, advice);
  return body;
}

function tooLarge(request: IncomingMessage, advice: string): DockpassError<'body_too_large'> {
  return new DockpassError(
    'body_too_large',
    `the body is larger than ${maxBodyLengthOf(request)} bytes. ${advice}`,
  );
}

/**
 * Reads the body with event listeners, because an async iterator is slow: it would take more time than all other steps
 * of reading a form together.
 */
function receiveBody(request: IncomingMessage, advice: string): Promise<Buffer> {
  // A request without a body emits no events (server.ts).
  if (request.readableEnded) return Promise.resolve(Buffer.alloc(0));
  const maxLength = maxBodyLengthOf(request);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxLength) {
        chunks.push(chunk);
        return;
      }
      // The rest of the body is received and discarded, because many clients read the response only after they have
      // sent the whole body.
      request.off('data', onData).resume();
      reject(tooLarge(request, advice));
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
