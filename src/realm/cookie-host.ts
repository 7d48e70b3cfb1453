import { isLocal } from './client-address.ts';

/**
 * Returns true if browsers keep the cookie of the console. The cookie is `Secure`, so browsers keep it only under HTTPS,
 * and on plain HTTP only for `localhost`, `*.localhost` and loopback addresses.
 * @param name the name of the host, without a port
 */
export function canSignIn(scheme: 'http' | 'https', name: string): boolean {
  return scheme === 'https' || isLocal({ name });
}
