import type { IncomingMessage } from 'node:http';
import type { Issuer } from '../issue-token.ts';
import { formatHost, type Host } from '../net/host.ts';

/** What a challenge says besides where tokens come from (RFC 6750 section 3). */
export interface ChallengeDetails {
  /** The scope that the client must request, for example `registry:catalog:*`. */
  readonly scope?: string | undefined;
  readonly error?: 'invalid_token' | 'insufficient_scope' | undefined;
}

/**
 * Returns the value of the WWW-Authenticate header. It contains the URL of the token endpoint, with the host under
 * which clients reach it. Clients see the 401 response as if the registry had sent it. They expect exactly one
 * challenge from a registry, with the scheme Bearer. A second challenge, or a challenge with another scheme, breaks
 * anonymous pulls.
 * @param host the host of the client's request. Undefined if it is not known; the challenge then has no URL
 */
export function bearerChallenge(
  request: IncomingMessage,
  host: Host | undefined,
  { realms, service }: Pick<Issuer, 'realms' | 'service'>,
  { scope, error }: ChallengeDetails = {},
): string {
  const parameters = [`service=${quotedHeaderText(service)}`];
  if (host !== undefined) {
    const scheme = request.headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
    parameters.unshift(`realm="${scheme}://${formatHost(realms.externalHost ?? host)}/auth/token"`);
  }
  if (scope !== undefined) parameters.push(`scope="${scope}"`);
  if (error !== undefined) parameters.push(`error="${error}"`);
  return `Bearer ${parameters.join(',')}`;
}

/**
 * Quotes a text for a header as the registry quotes it in its challenges: quotation marks and backslashes are escaped,
 * and characters that are not ASCII are sent as UTF-8. Node sends each character of a header as one byte, and throws an
 * error for a character that does not fit into one byte.
 */
function quotedHeaderText(text: string): string {
  const quoted = JSON.stringify(text).replaceAll('\x7f', '\\u007f');
  return Buffer.from(quoted, 'utf8').toString('latin1');
}
