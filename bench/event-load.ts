import { setTimeout as wait } from 'node:timers/promises';
import type { PlacedEvent } from '../src/events/registry-event.ts';
import { seeded } from './random.ts';

const random = seeded(1);
const below = (limit: number): number => Math.floor(random() * limit);
const users = 1000;
const images = 10_000;

/** Returns a pull as docker makes it: a HEAD of the tag, then a GET of the digest. */
export function pullOf(number: number, at: number): PlacedEvent[] {
  const image = below(images);
  const event = {
    at,
    repository: `team-${image % 100}/app-${image}`,
    digest: `sha256:${String(image).padStart(64, '0')}`,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    children: null,
    actor: `user-${below(users)}`,
    address: `192.0.2.${below(256)}`,
    host: 'registry.example.com',
    userAgent: 'docker/29.0.0',
    domain: 'private' as const,
  };
  return [
    { ...event, id: `head ${number}`, kind: 'head', tag: 'latest' },
    { ...event, id: `get ${number}`, kind: 'get', tag: null },
  ];
}

/** A stream of events that runs until it is stopped. */
export interface EventLoad {
  /** How many events the server has acknowledged until now. */
  acknowledged(): number;
  stop(): Promise<void>;
}

const intervalMs = 50;
/** The number of requests that may wait for an answer. If the server is slower, fewer events are sent. */
const maxOpen = 32;

let pullCount = 0;

/** Sends this many events a second to a listener, in a request every 50 ms. */
export function sendEvents(url: string, secret: string, perSecond: number): EventLoad {
  const begin = performance.now();
  const open = new Set<Promise<void>>();
  let [acknowledged, requested, isStopped] = [0, 0, false];
  const post = async (count: number): Promise<void> => {
    const events = Array.from({ length: count / 2 }, () => pullOf(++pullCount, Date.now())).flat();
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}` },
      body: JSON.stringify({ events: events.map(notificationOf) }),
    });
    await answer.text();
    if (answer.status !== 200) throw new Error(`the listener for events answered ${answer.status}`);
    acknowledged += count;
  };
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const due = ((performance.now() - begin) / 1000) * perSecond - requested;
      const count = Math.min(Math.floor(due / 2) * 2, perSecond);
      if (count > 0 && open.size < maxOpen) {
        requested += count;
        const request = post(count).finally(() => open.delete(request));
        open.add(request);
      }
      await (open.size < maxOpen ? wait(intervalMs) : Promise.race(open));
    }
    await Promise.all(open);
  };
  const running = run();
  return {
    acknowledged: () => acknowledged,
    stop: () => {
      isStopped = true;
      return running;
    },
  };
}

function notificationOf({ id, at, kind, repository, tag, digest, mediaType, ...event }: PlacedEvent): object {
  return {
    id: `${id} ${at}`,
    timestamp: new Date(at).toISOString(),
    action: 'pull',
    target: { mediaType, digest, repository, ...(tag !== null && { tag }) },
    request: {
      addr: event.address,
      host: event.host,
      method: kind === 'head' ? 'HEAD' : 'GET',
      useragent: event.userAgent,
    },
    actor: { name: event.actor },
  };
}
