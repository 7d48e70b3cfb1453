import type { Issuer } from '../issue-token.ts';
import type { TrustedProxies } from '../net/trusted-proxies.ts';

/** What a request is served by. A reload exchanges it whole; a request ends with the one that it began with. */
export interface Serving {
  readonly issuer: Issuer;
  /** The proxies whose Host and X-Forwarded-For are believed. */
  readonly trusted: TrustedProxies;
}

export type CurrentServing = () => Serving;
