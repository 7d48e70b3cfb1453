import { clientAddress, isLocal, type EdgeAddress } from '../../realm/client-address.ts';
import type { Domain } from '../../realm/domain.ts';
import type { Secret } from '../../secret.ts';

/** The words in the link if dockpass does not know under which host name people reach it. */
const unknownHost = 'YOUR-PRIVATE-DOMAIN';

/**
 * Returns the one-time link with which the first administrator is created. The code stands behind `#`, because browsers
 * do not send this part to servers, and it is the last part of the link. This is the only function that writes the code
 * as text. It is the one secret that may stand in a log, because it ends with its first use and after 24 hours.
 * @param edge the edge of `dockpass up`; undefined under `dockpass serve`, which does not know the port of the edge
 */
export function formatSetupLink(
  code: Secret,
  privateDomains: readonly Domain[],
  edge: EdgeAddress | undefined,
): string {
  const domain = privateDomains.find(({ wildcard }) => !wildcard) ?? privateDomains[0] ?? localhost;
  const isUnknown = edge === undefined && domain === localhost;
  const host = isUnknown ? unknownHost : clientAddress(domain, edge ?? { port: 443, isPlain: false });
  const scheme = edge?.isPlain === true && isLocal(domain) ? 'http' : 'https';
  return `${scheme}://${host}/auth/setup#${code.reveal()}`;
}

const localhost: Domain = { name: 'localhost', wildcard: false, port: 'any' };

/** The sentence that stands before the link. */
export const setupInvitation =
  'there is no administrator yet. To create the first one, open this link within 24 hours:';
