import { domainMatches, type Domain } from './domain.ts';
import type { Host } from '../net/host.ts';
import type { Realm } from './realm.ts';

export interface RealmSettings {
  readonly publicDomains: readonly Domain[];
  /**
   * The host of all requests, if an outer proxy cannot pass the Host header on. Undefined if the Host header
   * decides.
   */
  readonly externalHost: Host | undefined;
  /** A private domain to log in under, for messages. Undefined if none is known. */
  readonly loginHost?: string | undefined;
}

/** An unknown host is private, so only a configured public domain grants anonymous pulls. */
export function resolveRealm(reachedAs: Host, settings: RealmSettings): Realm {
  const host = settings.externalHost ?? reachedAs;
  const isPublic = settings.publicDomains.some((domain) => domainMatches(domain, host));
  if (settings.externalHost !== undefined)
    return { kind: isPublic ? 'public' : 'private', host, because: 'external url' };
  return isPublic
    ? { kind: 'public', host, because: 'public domain' }
    : { kind: 'private', host, because: 'not a public domain' };
}
