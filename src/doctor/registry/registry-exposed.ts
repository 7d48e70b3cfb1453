import { formatListen } from '../../net/listen-address.ts';
import type { Registry } from '../context.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import type { HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { isOnThisMachine, ownAddresses } from '../network/this-machine.ts';
import { registryTrustsUs } from './registry-trusts-us.ts';

interface Exposure {
  readonly address: string;
  readonly answer: HttpAnswer;
}

/** Checks that other machines cannot bypass the edge to reach a registry on this machine. */
export const registryExposed = createProbe<Registry, Exposure | undefined>({
  after: [registryTrustsUs],
  measure: async ({ ask }, { behindEdge, target }) => {
    if (behindEdge || !isOnThisMachine(target.host)) return undefined;
    for (const address of ownAddresses()) {
      const answer = await ask({ ...target, host: address }, '/v2/').catch(() => undefined);
      if (answer?.headers['docker-distribution-api-version'] !== undefined) return { address, answer };
    }
    return undefined;
  },
  judge: (exposure, { target: { port } }) => {
    if (exposure === undefined) return noFindings;
    const where = `http://${formatListen({ host: exposure.address, port })}`;
    const fix = `Set http.addr: 127.0.0.1:${port} in the registry's configuration, and restart the registry.`;
    if (exposure.answer.status === 200)
      return wrong('registry_open_around_edge', {
        problem: `The registry answers at ${where} and does not require a token.`,
        impact:
          'Anyone who reaches that address bypasses the edge, and can pull, push and overwrite every image.',
        fix,
      });
    return warning('registry_exposed', {
      problem: `Clients can bypass the edge and reach the registry directly at ${where}. The registry requires a token at this address, as it does behind the edge.`,
      impact:
        'Clients that use this address send tokens and images unencrypted, and can send any Host header.',
      fix,
    });
  },
});
