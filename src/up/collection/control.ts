import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DockpassError, messageOf } from '../../errors.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import type { CollectionRequest, CollectionResult } from './collection-request.ts';

// Commands reach a running `dockpass up` through a port on loopback. A file that only the user of dockpass can read
// names the port and a secret, so only someone who can read the file can give orders. It is written again at each start.

/** The content of the file. */
export interface ControlFile {
  readonly port: number;
  readonly secret: string;
}

/** One line of the answer, in JSON: a step of the work, or how the work has ended. */
export type ControlLine =
  | { readonly step: string }
  | { readonly done: CollectionResult }
  | { readonly failed: { readonly code: string; readonly message: string } };

export type Collect = (
  request: CollectionRequest,
  report: (text: string) => void,
) => Promise<CollectionResult>;

export function controlFile(directory: string): string {
  return join(directory, 'control.json');
}

/**
 * Starts to listen for commands.
 * @param directory the folder of the file, `up.directory`
 * @returns a function that stops listening. It does not end work that has begun
 */
export async function startControl(directory: string, collect: Collect): Promise<() => Promise<void>> {
  const secret = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    if (!isAuthorized(request, secret)) response.writeHead(401).end();
    else if (request.method !== 'POST' || request.url !== '/gc') response.writeHead(404).end();
    else void answer(request, response, collect);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await replaceFile(controlFile(directory), JSON.stringify({ port, secret } satisfies ControlFile), 0o600);
  // A command must not keep dockpass running.
  server.unref();
  return async () => {
    await rm(controlFile(directory), { force: true });
    server.close();
    server.closeAllConnections();
  };
}

function isAuthorized({ headers }: IncomingMessage, secret: string): boolean {
  const [wanted, given] = [Buffer.from(`Bearer ${secret}`), Buffer.from(headers.authorization ?? '')];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function answer(request: IncomingMessage, response: ServerResponse, collect: Collect): Promise<void> {
  // A command that has ended must not end the work, so errors of its connection are ignored.
  response.on('error', () => undefined);
  const write = (line: ControlLine): void => void response.write(`${JSON.stringify(line)}\n`);
  try {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    const done = await collect(JSON.parse(text) as CollectionRequest, (step) => write({ step }));
    write({ done });
  } catch (error) {
    write({
      failed: {
        code: error instanceof DockpassError ? error.code : 'part_failed',
        message: messageOf(error),
      },
    });
  }
  response.end();
}
