import { messageOf } from '../../errors.ts';
import { summarizeAnswer } from '../challenge.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { sendRequest } from '../http-request.ts';
import type { DoctorContext, Registry } from '../context.ts';

/** Does a registry answer there at all? */
export async function registryAnswers(
  _patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const where = registry.url.origin;
  let answer;
  try {
    answer = await sendRequest(registry.target, '/v2/');
  } catch (error) {
    return [...twoAuths(registry), ...unreachable(where, messageOf(error))];
  }
  const isRegistry = answer.headers['docker-distribution-api-version'] !== undefined;
  if (isRegistry || answer.status === 401 || registry.behindEdge) return noFindings;
  return wrong('not_a_registry', {
    problem: `${where} answers GET /v2/ with ${summarizeAnswer(answer)}: no registry does.`,
    impact: 'Something else listens there, so nothing could be said about the registry.',
    fix: 'Name the registry: dockpass doctor --registry http://HOST:PORT, or `registries` in dockpass.yml.',
  });
}

function unreachable(where: string, reason: string): Finding[] {
  return wrong('registry_unreachable', {
    problem: `nothing answers at ${where}: ${reason}.`,
    impact: 'Without the registry there is nothing to pull from; its own log says why it is not there.',
    fix: `Start the registry. If it listens elsewhere: dockpass doctor --registry http://HOST:PORT, or \`registries\` in dockpass.yml.`,
  });
}

/** A registry refuses to start on such a file: the cause of its silence. */
function twoAuths({ file }: Registry): readonly Finding[] {
  if (file === undefined || file.auths.length < 2) return noFindings;
  return wrong('registry_two_auths', {
    problem: `${file.origin} names ${file.auths.join(' and ')} under auth.`,
    impact:
      'A registry takes exactly one: with two in its file it does not start ("must provide exactly one type"), with one from its environment it picks one by chance.',
    fix: `Leave auth.token alone in ${file.path}, and unset REGISTRY_AUTH_HTPASSWD_…; users of an htpasswd file come over with: dockpass import htpasswd FILE`,
  });
}
