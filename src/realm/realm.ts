import type { Host } from '../net/host.ts';

/**
 * The token endpoint under one host name. `public`: anyone may pull, and no one gets more. `private`: a login is
 * required, and rights decide. `dockpass explain` prints `because`.
 */
export interface Realm {
  readonly kind: 'public' | 'private';
  readonly host: Host;
  readonly because: 'public domain' | 'not a public domain' | 'external url';
}
