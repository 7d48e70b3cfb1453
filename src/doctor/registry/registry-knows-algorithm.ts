import { ask } from '../http-request.ts';
import { realmIn } from '../challenge.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient, Registry } from '../context.ts';

/** Can the registry verify what we sign with, whoever it trusts? */
export async function registryKnowsAlgorithm(
  { keys }: Patient,
  registry: Registry,
): Promise<readonly Finding[]> {
  if (keys === undefined) return nothing;
  const { name, registry: oldest } = keys.key(keys.current, 'kid').algorithm;
  if (oldest === '2.8' || !(await isVersion2(registry))) return nothing;
  return wrong('algorithm_unknown', {
    seen: `the registry at ${registry.url.origin} is a 2.x, and our tokens are signed with ${name}.`,
    means: `Registries verify ${name} from ${oldest} on; an older one refuses every token with it.`,
    mend: 'Set keys.algorithm: ES256 in dockpass.yml, and restart dockpass; or run registry 3.',
  });
}

/**
 * A 2.x says https in a realm that follows the Host, where 3.x says what X-Forwarded-Proto does. Unknown, so false,
 * where the realm is fixed, or an edge in between has set that header itself.
 */
async function isVersion2({ target, behindEdge }: Registry): Promise<boolean> {
  if (behindEdge) return false;
  const host = 'dockpass-doctor.invalid';
  const answer = await ask({ ...target, as: host }, '/v2/', { headers: { 'X-Forwarded-Proto': 'http' } });
  return realmIn(answer)?.realm.startsWith(`https://${host}/`) === true;
}
