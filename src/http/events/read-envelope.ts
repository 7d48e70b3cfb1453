import type { IncomingMessage } from 'node:http';

/** The maximum size of a notification in bytes. */
export const maxEnvelopeLength = 8 * 1024 * 1024;

/**
 * Reads the body of a notification. Rejects if the connection breaks.
 * @returns undefined if the body is longer than `maxEnvelopeLength`. The rest of such a body is discarded, because many
 *   clients read the answer only after they have sent the whole body
 */
export function readEnvelope(request: IncomingMessage): Promise<Uint8Array | undefined> {
  // A request without a body emits no events (server.ts).
  if (request.readableEnded) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxEnvelopeLength) chunks = [];
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(length > maxEnvelopeLength ? undefined : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the connection was closed before the whole body arrived')));
  });
}
