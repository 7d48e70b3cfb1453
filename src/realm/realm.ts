import type { Host } from '../net/host.ts';

/**
 * The token endpoint as reached under one host name. `public`: anyone pulls, nobody gets more. `private`: a login is
 * wanted and rights decide. `because` is what `dockpass explain` prints.
 */
export interface Realm {
  readonly kind: 'public' | 'private';
  readonly host: Host;
  readonly because: 'public domain' | 'not a public domain' | 'external url';
}
