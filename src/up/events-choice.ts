import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { Secret } from '../secret.ts';
import { canListen } from './preflight.ts';

/** Where the token server receives the events of the registry, and the secret that the registry sends with them. */
export interface EventsChoice {
  readonly listen: ListenAddress;
  readonly secret: Secret;
}

/** Returns true if the configuration says where events arrive. Another registry can then send events there too. */
export function areEventsConfigured({ origins }: Pick<Config, 'origins'>): boolean {
  return origins.has('events.listen') || origins.has('events.secret');
}

/**
 * Chooses where `up` receives the events of its registry. If the configuration does not say it, only this registry
 * needs to know it: the secret is a new one, and if the default port is in use, the operating system chooses another
 * port.
 */
export async function chooseEvents(config: Config): Promise<EventsChoice> {
  const { listen, secret } = config.events;
  const port = areEventsConfigured(config) || (await canListen(listen)) ? listen.port : 0;
  return {
    listen: { ...listen, port },
    secret: new Secret(secret ?? randomBytes(32).toString('hex')),
  };
}
