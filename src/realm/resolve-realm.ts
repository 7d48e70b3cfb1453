import { domainMatches, type Domain } from './domain.ts';
import type { Host } from '../net/host.ts';
import type { Realm } from './realm.ts';

export interface RealmSettings {
  readonly publicDomains: readonly Domain[];
  /** The one door behind an outer proxy that cannot pass the Host on; undefined where the Host decides. */
  readonly externalHost: Host | undefined;
  /** To log in under, for messages; undefined where none is known. */
  readonly loginHost?: string | undefined;
}

/** Unknown hosts are private: a name that nobody made public never opens anything. */
export function resolveRealm(reachedAs: Host, settings: RealmSettings): Realm {
  const host = settings.externalHost ?? reachedAs;
  const isPublic = settings.publicDomains.some((domain) => domainMatches(domain, host));
  if (settings.externalHost !== undefined)
    return { kind: isPublic ? 'public' : 'private', host, because: 'external url' };
  return isPublic
    ? { kind: 'public', host, because: 'public domain' }
    : { kind: 'private', host, because: 'not a public domain' };
}
