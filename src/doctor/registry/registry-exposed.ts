import { formatListen } from '../../net/listen-address.ts';
import { ask } from '../http-request.ts';
import { nothing, warning, wrong, type Finding } from '../finding.ts';
import type { Patient, Registry } from '../context.ts';
import { isOnThisMachine, ownAddresses } from '../this-machine.ts';

/** Is the registry of this machine reached from other machines, around the edge? */
export async function registryExposed(_patient: Patient, registry: Registry): Promise<readonly Finding[]> {
  if (registry.behindEdge) return nothing;
  if (!isOnThisMachine(registry.target.host)) return nothing;
  for (const address of ownAddresses()) {
    const answer = await ask({ ...registry.target, host: address }, '/v2/').catch(() => undefined);
    if (answer?.headers['docker-distribution-api-version'] === undefined) continue;
    const where = `http://${formatListen({ host: address, port: registry.target.port })}`;
    const mend = `Let it listen on 127.0.0.1 alone: http.addr: 127.0.0.1:${registry.target.port} in the registry's configuration; then restart it.`;
    if (answer.status === 200)
      return wrong('registry_open_around_edge', {
        seen: `the registry answers at ${where}, and asks for no token.`,
        means:
          'Whoever reaches that address goes around the edge, and may pull, push and overwrite everything.',
        mend,
      });
    return warning('registry_exposed', {
      seen: `the registry answers at ${where}, around the edge. It asks for a token there, too.`,
      means: 'Tokens and images pass there unencrypted, and a client may say any Host.',
      mend,
    });
  }
  return nothing;
}
