import { parseRealm } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryChallenge } from './registry-challenge.ts';

/** Checks that the registry is new enough to verify the signature algorithm of our tokens. */
export const registryKnowsAlgorithm = createProbe<Registry, boolean>({
  after: [registryChallenge],
  measure: isVersion2,
  judge: (isVersion2, { url }, { keys }) => {
    if (keys === undefined || !isVersion2) return noFindings;
    const { name, registry: oldest } = keys.key(keys.current, 'kid').algorithm;
    if (oldest === '2.8') return noFindings;
    return wrong('algorithm_unknown', {
      problem: `The registry at ${url.origin} is version 2.x, but tokens are signed with ${name}.`,
      impact: `Only registries of version ${oldest} or newer can verify ${name} signatures. Older versions reject every token that is signed with ${name}.`,
      fix: 'Set keys.algorithm: ES256 in dockpass.yml and restart dockpass, or upgrade the registry to version 3.',
    });
  },
});

/**
 * Finds out whether the registry is version 2.x. doctor sends the header `X-Forwarded-Proto: http` and examines the
 * realm, which is the URL of the token endpoint in the challenge. If auth.token.autoredirect is set, registry 2.x
 * ignores the header and sends an https URL, and registry 3.x sends an http URL.
 * @returns true if the registry is version 2.x. False if it is another version, or if the version cannot be determined.
 *   The version cannot be determined if the registry's configuration sets a fixed realm, or if doctor reaches the
 *   registry only through an edge that sets X-Forwarded-Proto itself.
 */
export async function isVersion2({ ask }: DoctorContext, { target, behindEdge }: Registry): Promise<boolean> {
  if (behindEdge) return false;
  const host = 'dockpass-doctor.invalid';
  const answer = await ask({ ...target, as: host }, '/v2/', { 'X-Forwarded-Proto': 'http' });
  return parseRealm(answer)?.realm.startsWith(`https://${host}/`) === true;
}
