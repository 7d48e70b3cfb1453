import type { Registry } from '../context.ts';
import { noFindings, warning } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryTrustsUs } from './registry-trusts-us.ts';
import { isVersion2 } from './registry-knows-algorithm.ts';

/** The oldest registry version that doctor accepts. All earlier releases have known vulnerabilities. */
const soundVersion = [3, 1, 1] as const;

/**
 * Checks that the registry is not a release with known vulnerabilities. doctor can determine the exact version only if
 * the registry runs on this machine.
 */
export const registryOutdated = createProbe<Registry, string | undefined>({
  after: [registryTrustsUs],
  measure: async (context, registry) =>
    registry.version ?? ((await isVersion2(context, registry)) ? '2.x' : undefined),
  judge: (version, { url }) => {
    if (version === undefined || !isOlder(version)) return noFindings;
    return warning('registry_outdated', {
      problem: `The registry at ${url.origin} is version ${version}.`,
      impact: `Versions before ${soundVersion.join('.')} have published vulnerabilities.`,
      fix: `Upgrade the registry to ${soundVersion.join('.')} or newer.`,
    });
  },
});

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [at, sound] of soundVersion.entries()) {
    const part = parts[at] ?? 0;
    if (part !== sound) return !(part > sound);
  }
  return false;
}
