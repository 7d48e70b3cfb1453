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
 * CloudEvent in binary mode, whose body is `{name, reference, digest, mediaType, manifest}`. zot sends events about
 * pushes and deletions, and none about pulls. It does not say who has pushed an image, from where, and under which host.
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
  const [repository, reference] = [textOf(data['name']), textOf(data['reference'])];
  if (repository === '') return skip('it has no repository');
  const event = {
    ...{ id, at, kind, repository },
    tag: reference === '' || reference.includes(':') ? null : reference,
    digest: textOf(data['digest']) || null,
    mediaType: textOf(data['mediaType']),
    children: null,
    ...{ actor: '', address: '', host: '', userAgent: '' },
  };
  return { isValid: true, events: [event], skipped: [] };
}

/** The configuration of zot can replace the first part of the type, `zotregistry`. */
function kindOf(type: string): EventKind | undefined {
  if (type.endsWith('.image.updated')) return 'push';
  return type.endsWith('.image.deleted') ? 'delete' : undefined;
}
