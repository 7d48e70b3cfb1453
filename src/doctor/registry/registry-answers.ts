import { messageOf } from '../../errors.ts';
import { summarizeAnswer } from '../network/challenge.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';

/** Does a registry answer at this address? The measurement is its answer, or why there is none. */
export const registryAnswers = createProbe<Registry, HttpAnswer | string>({
  measure: async ({ ask }, { target }) => ask(target, '/v2/').catch(messageOf),
  judge: (answer, registry) => {
    const where = registry.url.origin;
    if (typeof answer === 'string') return [...twoAuths(registry), ...unreachable(where, answer)];
    const isRegistry = answer.headers['docker-distribution-api-version'] !== undefined;
    if (isRegistry || answer.status === 401 || registry.behindEdge) return noFindings;
    return wrong('not_a_registry', {
      problem: `${where} answers GET /v2/ with ${summarizeAnswer(answer)}, which no registry does.`,
      impact: 'Another server listens there, so doctor cannot check the registry.',
      fix: 'Name the registry: dockpass doctor --registry http://HOST:PORT, or `registries` in dockpass.yml.',
    });
  },
});

function unreachable(where: string, reason: string): Finding[] {
  return wrong('registry_unreachable', {
    problem: `No server answers at ${where}: ${reason}.`,
    impact: 'Without the registry, clients can neither pull nor push. Its own log says why it does not run.',
    fix: `Start the registry. If it listens elsewhere: dockpass doctor --registry http://HOST:PORT, or \`registries\` in dockpass.yml.`,
  });
}

/** A registry does not start with such a file, so this explains why it does not answer. */
function twoAuths({ file }: Registry): readonly Finding[] {
  if (file === undefined || file.auths.length < 2) return noFindings;
  return wrong('registry_two_auths', {
    problem: `${file.origin} has ${file.auths.join(' and ')} under auth.`,
    impact:
      'A registry needs exactly one. With two in its file it does not start ("must provide exactly one type"). With one of them in its environment it uses either, at random.',
    fix: `Remove everything but auth.token from ${file.path}, and unset REGISTRY_AUTH_HTPASSWD_…. To import the users of an htpasswd file, run: dockpass import htpasswd FILE`,
  });
}
