import { isObject, parseBody, parseTimestamp, textOf } from './event-body.ts';
import type { ParsedEnvelope } from './parse-envelope.ts';
import type { EventKind } from './registry-event.ts';

/** The headers of a CloudEvent in binary mode (https://github.com/cloudevents/spec, HTTP protocol binding). */
export interface CloudEventHeaders {
  readonly type: string;
  readonly id: string | undefined;
  readonly time: string | undefined;
}

/**
 * Parses an event of zot, as the HTTP sink of its events extension sends it (pkg/extensions/events in its source): a
 * CloudEvent in binary mode, whose body is `{name, reference, digest, mediaType, manifest}`, since zot 2.1.18 also with
 * `request: {addr, method, useragent}` and `actor: {name}`. zot sends events about pushes and deletions, and none about
 * pulls. It does not say under which host the request was sent. If it checks tokens, it does not know who sent it, so
 * there is no actor. The address of the request is not stored, because it is the one of the edge.
 */
export function parseZotEvent({ type, id, time }: CloudEventHeaders, body: Uint8Array): ParsedEnvelope {
  const { value, problem } = parseBody(body);
  if (problem !== undefined) return { isValid: false, problem };
  const skip = (reason: string): ParsedEnvelope => ({ isValid: true, events: [], skipped: [reason] });
  const kind = kindOf(type);
  // For example, a repository was created. Usage needs no such events.
  if (kind === undefined) return { isValid: true, events: [], skipped: [] };
  const at = time === undefined ? undefined : parseTimestamp(time);
  if (id === undefined || id === '') return skip('it has no id');
  if (at === undefined) return skip('it has no timestamp');
  const data = isObject(value) ? value : {};
  const { request, actor } = data;
  const [repository, reference] = [textOf(data['name']), textOf(data['reference'])];
  if (repository === '') return skip('it has no repository');
  const event = {
    ...{ id, at, kind, repository },
    tag: reference === '' || reference.includes(':') ? null : reference,
    digest: textOf(data['digest']) || null,
    mediaType: textOf(data['mediaType']),
    children: null,
    actor: isObject(actor) ? textOf(actor['name']) : '',
    ...{ address: '', host: '' },
    userAgent: isObject(request) ? textOf(request['useragent']) : '',
  };
  return { isValid: true, events: [event], skipped: [] };
}

/** Compares only the end of the type, because a registry that is built on zot can have another name. */
function kindOf(type: string): EventKind | undefined {
  if (type.endsWith('.image.updated')) return 'push';
  return type.endsWith('.image.deleted') ? 'delete' : undefined;
}
