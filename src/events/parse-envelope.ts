import { isObject, parseBody, parseTimestamp, textOf } from './event-body.ts';
import { isIndex, type EventKind, type RegistryEvent } from './registry-event.ts';

export type ParsedEnvelope =
  /** `skipped` says for each event that cannot be stored what is wrong with it. It contains no text of the event. */
  | { readonly isValid: true; readonly events: readonly RegistryEvent[]; readonly skipped: readonly string[] }
  | { readonly isValid: false; readonly problem: string };

/**
 * Parses a notification of a registry (https://distribution.github.io/distribution/about/notifications/). Versions 1
 * and 2 of the envelope have the same members.
 *
 * An event that cannot be stored is skipped and not an error, because a registry sends a rejected envelope again and
 * again, and all later events wait for it.
 */
export function parseEnvelope(body: Uint8Array): ParsedEnvelope {
  const { value: envelope, problem } = parseBody(body);
  if (problem !== undefined) return { isValid: false, problem };
  const list = isObject(envelope) ? envelope['events'] : undefined;
  if (!Array.isArray(list)) return { isValid: false, problem: 'the body has no list "events"' };
  const events: RegistryEvent[] = [];
  const skipped: string[] = [];
  for (const item of list) {
    const event = parseEvent(item);
    if (typeof event === 'string') skipped.push(event);
    else events.push(event);
  }
  return { isValid: true, events, skipped };
}

/** Returns the event, or the reason why it is skipped. */
function parseEvent(item: unknown): RegistryEvent | string {
  if (!isObject(item)) return 'it is not an object';
  const { id, timestamp, action, target, request, actor } = item;
  if (typeof id !== 'string' || id === '') return 'it has no id';
  const at = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined;
  if (at === undefined) return 'it has no timestamp';
  if (typeof action !== 'string') return 'it has no action';
  if (!isObject(target)) return 'it has no target';
  const { repository } = target;
  if (typeof repository !== 'string' || repository === '') return 'it has no repository';
  const asked = isObject(request) ? request : {};
  const mediaType = textOf(target['mediaType']);
  const kind = kindOf(action, textOf(asked['method']), mediaType, textOf(target['url']));
  if (kind === undefined) return 'its action is unknown';
  return {
    id: id.toWellFormed(),
    at,
    kind,
    repository: repository.toWellFormed(),
    tag: textOf(target['tag']) || null,
    digest: textOf(target['digest']) || null,
    mediaType,
    children: isIndex(mediaType) ? childrenOf(target['references']) : null,
    actor: isObject(actor) ? textOf(actor['name']) : '',
    address: withoutPort(textOf(asked['addr'])),
    host: textOf(asked['host']),
    userAgent: textOf(asked['useragent']),
  };
}

function kindOf(action: string, method: string, mediaType: string, url: string): EventKind | undefined {
  // Registries report every blob with this media type.
  const isBlob = mediaType === 'application/octet-stream' || /\/blobs\/[^/]*$/.test(url);
  switch (action) {
    case 'pull':
      if (isBlob) return 'blob';
      return method.toUpperCase() === 'HEAD' ? 'head' : 'get';
    case 'push':
      return isBlob ? 'blob' : 'push';
    case 'mount':
    case 'delete':
      return action;
    default:
      return undefined;
  }
}

function childrenOf(references: unknown): readonly string[] | null {
  if (!Array.isArray(references)) return null;
  return references.flatMap((reference: unknown) => {
    const digest = isObject(reference) ? textOf(reference['digest']) : '';
    return digest === '' ? [] : [digest];
  });
}

/**
 * Removes the port of an address such as `192.0.2.1:4711`. Without a proxy in front of the registry, each connection of
 * a client has another port.
 */
function withoutPort(address: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([^:]+):\d+$/.exec(address)?.[1] ?? address;
}
