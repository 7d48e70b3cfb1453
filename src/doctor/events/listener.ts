import { localAddressOf } from '../../net/listen-address.ts';
import type { DoctorContext } from '../context.ts';
import { sendRequest, type Target } from '../network/http-request.ts';

/** The impact of every fault because of which events do not arrive. */
export const nothingCounted =
  'Pulls and pushes are not counted. "dockpass usage" is incomplete, and images that are in use look unused.';

/** How a listener for events answered a notification: its status, or `closed` if no server listens there. */
export type ListenerAnswer = number | 'closed';

/** The address at which dockpass receives events, for a program on this machine. */
export function listenerTarget({ config }: Pick<DoctorContext, 'config'>): Target {
  const { host, port } = localAddressOf(config.events.listen);
  return { host, port, as: 'localhost', tls: false };
}

/** Sends a notification, as a registry does. */
export async function sendNotification(
  target: Target,
  path: string,
  authorization: string,
  events: readonly object[],
): Promise<ListenerAnswer> {
  const headers = {
    'Content-Type': 'application/vnd.docker.distribution.events.v2+json',
    ...(authorization !== '' && { Authorization: authorization }),
  };
  const body = Buffer.from(JSON.stringify({ events }));
  return sendRequest(target, path, { method: 'POST', headers, body }).then(
    ({ status }) => status,
    () => 'closed' as const,
  );
}
