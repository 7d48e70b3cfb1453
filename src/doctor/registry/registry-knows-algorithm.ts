import { sendRequest } from '../http-request.ts';
import { parseRealm } from '../challenge.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext, Registry } from '../context.ts';

/** Can the registry verify what we sign with, whoever it trusts? */
export async function registryKnowsAlgorithm(
  { keys }: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  if (keys === undefined) return noFindings;
  const { name, registry: oldest } = keys.key(keys.current, 'kid').algorithm;
  if (oldest === '2.8' || !(await isVersion2(registry))) return noFindings;
  return wrong('algorithm_unknown', {
    problem: `the registry at ${registry.url.origin} is a 2.x, and our tokens are signed with ${name}.`,
    impact: `Registries verify ${name} from ${oldest} on; an older one refuses every token with it.`,
    fix: 'Set keys.algorithm: ES256 in dockpass.yml, and restart dockpass; or run registry 3.',
  });
}

/**
 * A 2.x says https in a realm that follows the Host, where 3.x says what X-Forwarded-Proto does. Unknown, so false,
 * where the realm is fixed, or an edge in between has set that header itself.
 */
async function isVersion2({ target, behindEdge }: Registry): Promise<boolean> {
  if (behindEdge) return false;
  const host = 'dockpass-doctor.invalid';
  const answer = await sendRequest({ ...target, as: host }, '/v2/', {
    headers: { 'X-Forwarded-Proto': 'http' },
  });
  return parseRealm(answer)?.realm.startsWith(`https://${host}/`) === true;
}
