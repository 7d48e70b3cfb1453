import { messageOf } from '../../errors.ts';
import { summarizeAnswer } from '../network/challenge.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that a registry answers at this address. The measurement is the answer, or the reason why there is no answer.
 */
export const registryAnswers = createProbe<Registry, HttpAnswer | string>({
  measure: async ({ ask }, { target }) => ask(target, '/v2/').catch(messageOf),
  judge: (answer, registry) => {
    const where = registry.url.origin;
    if (typeof answer === 'string') return [...twoAuths(registry), ...unreachable(where, answer)];
    const isRegistry = answer.headers['docker-distribution-api-version'] !== undefined;
    if (isRegistry || answer.status === 401 || registry.behindEdge) return noFindings;
    return wrong('not_a_registry', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(answer)}. This answer does not come from a registry.`,
      impact: 'A server that is not a registry listens at this address, so doctor cannot check the registry.',
      fix: 'Run dockpass doctor --registry http://HOST:PORT with the address of the registry, or set `registries` in dockpass.yml.',
    });
  },
});

function unreachable(where: string, reason: string): Finding[] {
  return wrong('registry_unreachable', {
    problem: `No server answers at ${where}: ${reason}.`,
    impact:
      "Without the registry, clients can neither pull nor push. The registry's log says why it does not run.",
    fix: `Start the registry. If it listens at another address, run dockpass doctor --registry http://HOST:PORT, or set \`registries\` in dockpass.yml.`,
  });
}

/**
 * A registry does not start if its file has two kinds of authorization, so this finding explains why the registry does
 * not answer.
 */
function twoAuths({ file }: Registry): readonly Finding[] {
  if (file === undefined || file.auths.length < 2) return noFindings;
  return wrong('registry_two_auths', {
    problem: `${file.origin} has ${file.auths.join(' and ')} under auth.`,
    impact:
      'A registry needs exactly one section under auth. If its file has two, the registry does not start ("must provide exactly one type"). If one of the two comes from its environment, the registry uses either of them at random.',
    fix: `In ${file.path}, remove all sections under auth except token, and unset REGISTRY_AUTH_HTPASSWD_…. To import the users of an htpasswd file, run: dockpass import htpasswd FILE`,
  });
}
