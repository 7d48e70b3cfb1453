import type { IncomingMessage } from 'node:http';
import { DockpassError } from '../../../errors.ts';
import { readBody } from '../../form-body.ts';
import type { Method } from '../route.ts';
import { InvalidInput, toPointer } from './invalid-input.ts';
import { findRepeatedMember } from './repeated-members.ts';

/**
 * Reads the body of a request as JSON. A request without a body and without a Content-Type counts as `{}`, so that
 * routes whose members are all optional need no body.
 * @throws DockpassError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function readJson(request: IncomingMessage, method: Method): Promise<unknown> {
  const text = decode(await readBody(request, 'Send less in one request.'));
  const type = request.headers['content-type'];
  if (type === undefined && text === '') return {};
  requireJson(request, method);
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fault([], 'the body is not valid JSON');
  }
  const repeated = findRepeatedMember(text);
  if (repeated !== undefined) throw fault(repeated, 'this member is repeated');
  return value;
}

/**
 * Checks that a request to a route that takes no body has none, or has an empty JSON object.
 * @throws DockpassError `unsupported_media_type`, `body_too_large`, `bad_request`
 */
export async function requireNoBody(request: IncomingMessage, method: Method): Promise<void> {
  const value = await readJson(request, method);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault([], 'this request takes no body');
  const [name] = Object.keys(value);
  if (name !== undefined) throw fault([name], 'this member is unknown: this request takes no body');
}

const json = /^application\/json *(?:; *charset="?utf-8"?)? *$/i;
/** RFC 7396 section 4. */
const mergePatch = /^application\/merge-patch\+json *(?:; *charset="?utf-8"?)? *$/i;

/** Returns true if the Content-Type is JSON. */
export function isJson(request: IncomingMessage): boolean {
  return json.test(request.headers['content-type'] ?? '');
}

function requireJson(request: IncomingMessage, method: Method): void {
  const type = request.headers['content-type'] ?? '';
  const isAccepted = json.test(type) || (method === 'PATCH' && mergePatch.test(type));
  if (!isAccepted)
    throw new DockpassError(
      'unsupported_media_type',
      `the Content-Type of the body is not supported. Send JSON with the Content-Type ${method === 'PATCH' ? 'application/merge-patch+json or ' : ''}application/json.`,
    );
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new DockpassError(
      'unsupported_media_type',
      'the body has a Content-Encoding, which is not supported. Send the body without a Content-Encoding header.',
    );
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw fault([], 'the body is not valid UTF-8');
  }
}

function fault(path: readonly PropertyKey[], detail: string): InvalidInput {
  return new InvalidInput([{ in: 'body', pointer: toPointer(path), detail }]);
}
