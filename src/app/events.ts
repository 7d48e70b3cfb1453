import { settingWithVariable } from '../config/environment.ts';
import type { Clock } from '../clock.ts';
import type { EventDomain } from '../events/registry-event.ts';
import { eventsListener } from '../http/events/events-listener.ts';
import { startHttpServer, type RunningServer } from '../http/server.ts';
import type { CurrentState } from '../http/server-state.ts';
import { parseHost } from '../net/host.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { Log } from '../observe/log.ts';
import { scratch } from '../registry/scratch-repository.ts';
import { resolveRealm, type RealmSettings } from '../realm/resolve-realm.ts';
import type { Secret } from '../secret.ts';
import type { Store } from '../store/store.ts';
import { createEventRecorder, type EventRecorder } from '../usage/event-recorder.ts';
import { startEventRetention } from '../usage/event-retention.ts';
import type { Lifecycle } from './lifecycle.ts';

export interface EventParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly state: CurrentState;
  readonly lifecycle: Lifecycle;
  /** Called with the repositories to which images were pushed, after the events are stored. */
  readonly onPushed: (repositories: readonly string[]) => void;
}

export interface EventSettings {
  readonly listen: ListenAddress;
  /** The secret that registries send with their events. */
  readonly secret: Secret;
  /** How long each event is kept, in seconds. */
  readonly keepRaw: number;
}

/**
 * Listens for the events of registries, and deletes old events.
 * @throws DockpassError `port_in_use`
 */
export async function startEvents(
  { listen, secret, keepRaw }: EventSettings,
  { store, clock, log, state, lifecycle, onPushed }: EventParts,
): Promise<RunningServer> {
  const recorder = createEventRecorder(store, clock, (event) => ({
    ...event,
    domain: domainOf(event.host, state().issuer.realms),
    isProbe: event.repository === scratch,
  }));
  lifecycle.onClose(() => recorder.close());
  lifecycle.onClose(startEventRetention(store, keepRaw, clock, log));
  const record: EventRecorder['record'] = async (events) => {
    await recorder.record(events);
    onPushed(events.filter(({ kind }) => kind === 'push').map(({ repository }) => repository));
  };
  const server = await startHttpServer(
    listen,
    eventsListener(secret, { ...recorder, record }, log),
    settingWithVariable('events.listen'),
  );
  lifecycle.onClose(() => server.close());
  return server;
}

function domainOf(host: string, realms: RealmSettings): EventDomain {
  try {
    return resolveRealm(parseHost(host), realms).kind;
  } catch {
    // A host that is not a public domain is private.
    return 'private';
  }
}
