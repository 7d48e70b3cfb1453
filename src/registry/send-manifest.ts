import http from 'node:http';
import https from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** A request that pushes a manifest to a registry. */
export interface ManifestRequest {
  /** The path, which begins with `/v2/`. */
  readonly path: string;
  /** Header names and values, one after the other. Host is one of them; Content-Length and Connection are not. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

/** Why a registry did not answer. */
export class NoAnswer extends Error {
  /** True if the registry has certainly received nothing, so that it cannot execute the request later. */
  readonly isUnsent: boolean;

  constructor(isUnsent: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.isUnsent = isUnsent;
  }
}

/** How long it may take to connect to the registry, in milliseconds. */
const connectTimeoutMs = 5000;
/**
 * How long the registry may take to answer, in milliseconds. It looks for each image of an index in its storage, which
 * can be slow.
 */
const answerTimeoutMs = 120_000;

/**
 * Sends a manifest to a registry, on a connection of its own. A connection that was used before could just be closed by
 * the registry, and it would then be unknown whether the registry has executed the request.
 * @param mayStart asked immediately before the first byte is sent. If it returns false, nothing is sent
 * @returns the answer, whose body has not been read
 * @throws NoAnswer
 */
export function sendManifest(
  registry: URL,
  { path, headers, body }: ManifestRequest,
  mayStart: () => boolean = () => true,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isSent = false;
    const request = open(registry, path, [...headers, 'Content-Length', String(body.length)]);
    const fail = (message: string, cause?: unknown): void => {
      reject(new NoAnswer(!isSent, message, cause));
      request.destroy();
    };
    const connecting = setTimeout(() => fail('cannot connect in time'), connectTimeoutMs);
    let answering: NodeJS.Timeout | undefined;
    request.once('socket', (socket) => {
      socket.once(registry.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(connecting);
        if (!mayStart()) {
          fail('the server was too slow to send the request');
          return;
        }
        isSent = true;
        answering = setTimeout(() => fail('no answer in time'), answerTimeoutMs);
        request.end(body);
      });
    });
    request.once('response', (answer) => {
      clearTimeout(answering);
      resolve(answer);
    });
    request.on('error', (cause) => {
      clearTimeout(connecting);
      clearTimeout(answering);
      fail(cause.message, cause);
    });
  });
}

function open(registry: URL, path: string, headers: readonly string[]): ClientRequest {
  const { protocol, hostname, port } = registry;
  // The agent `false` opens a new connection, and closes it after the answer.
  const options = {
    method: 'PUT',
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path,
    headers: [...headers],
    agent: false,
  };
  return (protocol === 'https:' ? https : http).request(options);
}
