import type { IncomingMessage } from 'node:http';
import { isLocal } from '../../realm/client-address.ts';
import { readContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';

/**
 * True if the browser speaks plain HTTP with a host other than localhost. Browsers keep no `__Host-` cookie there, so
 * no one could sign in. Without X-Forwarded-Proto from a trusted proxy, the protocol is HTTPS for all hosts except
 * localhost, as for the realm of the registry.
 */
export function isPlainHttp(
  request: IncomingMessage,
  state: Pick<ServerState, 'trustedProxies' | 'parsers'>,
): boolean {
  const { host, peerIsTrusted } = readContext(request, state);
  if (isLocal(host)) return false;
  if (!peerIsTrusted) return true;
  const [protocol = ''] = String(request.headers['x-forwarded-proto'] ?? 'https').split(',');
  return protocol.trim().toLowerCase() === 'http';
}
