import type { Target } from './cases.ts';

/** Another token server to compare with, which the user of the benchmark has started. */
export interface Peer {
  readonly origin: string;
  readonly target: Target;
}

/**
 * @param text the URL of its token endpoint, with a query if it needs one: http://127.0.0.1:5001/auth?service=registry
 * @param login `name:password`. Without it, requests with a login are not measured
 */
export function peerAt(text: string, login: string | undefined): Peer {
  const url = new URL(text);
  if (!url.searchParams.has('service')) url.searchParams.set('service', 'registry');
  return {
    origin: url.origin,
    target: {
      endpoint: url.pathname + url.search,
      publicHost: undefined,
      login,
      refreshToken: undefined,
      accessToken: undefined,
      forward: undefined,
    },
  };
}
