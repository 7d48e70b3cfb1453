import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { DockpassError, messageOf, type OperatorErrorCode } from '../../errors.ts';
import { isCode } from '../../files/error-code.ts';
import type { CollectionRequest, CollectionResult } from './collection-request.ts';
import { controlFile, type ControlFile, type ControlLine } from './control.ts';

/**
 * Lets a running `dockpass up` collect garbage.
 * @param directory the setting `up.directory`
 * @param onStep receives each step
 * @returns undefined if no `dockpass up` runs with this directory
 * @throws DockpassError with the code and the message of the server
 * @throws DockpassError `part_failed` if the server ends meanwhile
 * @throws DockpassError `data_directory` if this user may not give orders to the server
 */
export async function sendCollectionRequest(
  directory: string,
  request: CollectionRequest,
  onStep: (text: string) => void,
): Promise<CollectionResult | undefined> {
  const control = await readControlFile(directory);
  const response = control && (await post(control, JSON.stringify(request)));
  if (response === undefined) return undefined;
  try {
    for await (const text of createInterface({ input: response })) {
      const line = JSON.parse(text) as ControlLine;
      if ('step' in line) onStep(line.step);
      else if ('done' in line) return line.done;
      else throw new DockpassError(line.failed.code as OperatorErrorCode, line.failed.message);
    }
  } catch (error) {
    if (error instanceof DockpassError) throw error;
  }
  throw new DockpassError(
    'part_failed',
    '"dockpass up" has ended before the garbage collection was done. When it starts again, pushes work. Then run this command again.',
  );
}

async function readControlFile(directory: string): Promise<ControlFile | undefined> {
  const path = controlFile(directory);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ControlFile;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw new DockpassError(
      'data_directory',
      `cannot read ${path}: ${messageOf(error)}. Run this command as the user that runs "dockpass up".`,
      { cause: error },
    );
  }
}

/** @returns undefined if nothing listens, because `dockpass up` was killed, or if another program listens there now */
function post({ port, secret }: ControlFile, body: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
    const sent = httpRequest({ host: '127.0.0.1', port, path: '/gc', method: 'POST', headers, agent: false });
    sent.once('response', (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      resolve(undefined);
    });
    sent.once('error', () => resolve(undefined));
    sent.end(body);
  });
}
