import type { Host } from '../net/host.ts';

/**
 * The token endpoint as clients reach it under one host name. In a `public` realm, clients can pull without a login,
 * but no client can do more than pull. In a `private` realm, clients must log in, and their rights decide what they can
 * do. `because` is the reason why the realm is public or private. `dockpass explain` prints this reason.
 */
export interface Realm {
  readonly kind: 'public' | 'private';
  readonly host: Host;
  readonly because: 'public domain' | 'not a public domain' | 'external url';
}
