import { parseRealm } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryChallenge } from './registry-challenge.ts';

/** Is the registry new enough to verify the algorithm that signs our tokens? */
export const registryKnowsAlgorithm = createProbe<Registry, boolean>({
  after: [registryChallenge],
  measure: isVersion2,
  judge: (isVersion2, { url }, { keys }) => {
    if (keys === undefined || !isVersion2) return noFindings;
    const { name, registry: oldest } = keys.key(keys.current, 'kid').algorithm;
    if (oldest === '2.8') return noFindings;
    return wrong('algorithm_unknown', {
      problem: `The registry at ${url.origin} is version 2.x, but tokens are signed with ${name}.`,
      impact: `Registries verify ${name} from version ${oldest} on. Older ones reject every such token.`,
      fix: 'Set keys.algorithm: ES256 in dockpass.yml and restart dockpass, or upgrade the registry to version 3.',
    });
  },
});

/**
 * If the realm follows the Host header, 2.x writes it with https, and 3.x with the scheme in X-Forwarded-Proto.
 * @returns false if the version is not known: the realm is fixed, or an edge in between sets that header itself
 */
export async function isVersion2({ ask }: DoctorContext, { target, behindEdge }: Registry): Promise<boolean> {
  if (behindEdge) return false;
  const host = 'dockpass-doctor.invalid';
  const answer = await ask({ ...target, as: host }, '/v2/', { 'X-Forwarded-Proto': 'http' });
  return parseRealm(answer)?.realm.startsWith(`https://${host}/`) === true;
}
