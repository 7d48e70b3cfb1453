import { domainMatches, type Domain } from './domain.ts';
import type { Host } from '../net/host.ts';
import type { Realm } from './realm.ts';

export interface RealmSettings {
  readonly publicDomains: readonly Domain[];
  /**
   * If set, dockpass treats every request as a request to this host. This setting is needed if an outer proxy cannot
   * pass on the Host header. If undefined, the Host header of each request determines the host.
   */
  readonly externalHost: Host | undefined;
  /** The private domain that error messages tell people to log in to. Undefined if none is known. */
  readonly loginHost?: string | undefined;
}

/**
 * Returns the realm of a request. A host that is not a configured public domain is private, so that anonymous clients
 * can pull only under a configured public domain.
 */
export function resolveRealm(reachedAs: Host, settings: RealmSettings): Realm {
  const host = settings.externalHost ?? reachedAs;
  const isPublic = settings.publicDomains.some((domain) => domainMatches(domain, host));
  if (settings.externalHost !== undefined)
    return { kind: isPublic ? 'public' : 'private', host, because: 'external url' };
  return isPublic
    ? { kind: 'public', host, because: 'public domain' }
    : { kind: 'private', host, because: 'not a public domain' };
}
