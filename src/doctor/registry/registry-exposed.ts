import { formatListen } from '../../net/listen-address.ts';
import { sendRequest } from '../http-request.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { isOnThisMachine, ownAddresses } from '../this-machine.ts';

/** Is the registry of this machine reached from other machines, around the edge? */
export async function registryExposed(
  _patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  if (registry.behindEdge) return noFindings;
  if (!isOnThisMachine(registry.target.host)) return noFindings;
  for (const address of ownAddresses()) {
    const answer = await sendRequest({ ...registry.target, host: address }, '/v2/').catch(() => undefined);
    if (answer?.headers['docker-distribution-api-version'] === undefined) continue;
    const where = `http://${formatListen({ host: address, port: registry.target.port })}`;
    const fix = `Let it listen on 127.0.0.1 alone: http.addr: 127.0.0.1:${registry.target.port} in the registry's configuration; then restart it.`;
    if (answer.status === 200)
      return wrong('registry_open_around_edge', {
        problem: `the registry answers at ${where}, and asks for no token.`,
        impact:
          'Whoever reaches that address goes around the edge, and may pull, push and overwrite everything.',
        fix,
      });
    return warning('registry_exposed', {
      problem: `the registry answers at ${where}, around the edge. It asks for a token there, too.`,
      impact: 'Tokens and images pass there unencrypted, and a client may say any Host.',
      fix,
    });
  }
  return noFindings;
}
