import { messageOf } from '../../errors.ts';
import { inShort } from '../challenge.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { ask } from '../http-request.ts';
import type { Patient, Registry } from '../context.ts';

/** Does a registry answer there at all? */
export async function registryAnswers(_patient: Patient, registry: Registry): Promise<readonly Finding[]> {
  const where = registry.url.origin;
  let answer;
  try {
    answer = await ask(registry.target, '/v2/');
  } catch (error) {
    return [...twoAuths(registry), ...unreachable(where, messageOf(error))];
  }
  const isRegistry = answer.headers['docker-distribution-api-version'] !== undefined;
  if (isRegistry || answer.status === 401 || registry.behindEdge) return nothing;
  return wrong('not_a_registry', {
    seen: `${where} answers GET /v2/ with ${inShort(answer)}: no registry does.`,
    means: 'Something else listens there, so nothing could be said about the registry.',
    mend: 'Name the registry: dockpass doctor --registry http://HOST:PORT, or `registries` in dockpass.yml.',
  });
}

function unreachable(where: string, reason: string): Finding[] {
  return wrong('registry_unreachable', {
    seen: `nothing answers at ${where}: ${reason}.`,
    means: 'Without the registry there is nothing to pull from; its own log says why it is not there.',
    mend: `Start the registry. If it listens elsewhere: dockpass doctor --registry http://HOST:PORT, or \`registries\` in dockpass.yml.`,
  });
}

/** A registry refuses to start on such a file: the cause of its silence. */
function twoAuths({ file }: Registry): readonly Finding[] {
  if (file === undefined || file.auths.length < 2) return nothing;
  return wrong('registry_two_auths', {
    seen: `${file.origin} names ${file.auths.join(' and ')} under auth.`,
    means:
      'A registry takes exactly one: with two in its file it does not start ("must provide exactly one type"), with one from its environment it picks one by chance.',
    mend: `Leave auth.token alone in ${file.path}, and unset REGISTRY_AUTH_HTPASSWD_…; users of an htpasswd file come over with: dockpass import htpasswd FILE`,
  });
}
