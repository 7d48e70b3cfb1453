import { describeConnectionError } from '../network/connection-error.ts';
import { summarizeAnswer } from '../network/challenge.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that a registry answers at the address that doctor was given. `measure` returns the answer. If no server
 * answers, `measure` returns the message of the connection error.
 */
export const registryAnswers = createProbe<Registry, HttpAnswer | string>({
  measure: async ({ ask }, { target }) => ask(target, '/v2/').catch(describeConnectionError),
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
 * Returns a finding if the registry's configuration has more than one section under `auth`. A registry does not start
 * if its file has two such sections, so this finding explains why the registry does not answer.
 */
function twoAuths({ file }: Registry): readonly Finding[] {
  if (file === undefined || file.auths.length < 2) return noFindings;
  return wrong('registry_two_auths', {
    problem: `${file.origin} has more than one section under auth: ${file.auths.join(' and ')}.`,
    impact:
      'A registry needs exactly one section under auth. If the configuration file has two sections, the registry does not start ("must provide exactly one type"). If an environment variable adds the second section, the registry starts and uses one of the two sections at random.',
    fix: `In ${file.path}, remove all sections under auth except token, and unset the variables REGISTRY_AUTH_HTPASSWD_… in the environment of the registry. To import the users of an htpasswd file, run: dockpass import htpasswd FILE`,
  });
}
