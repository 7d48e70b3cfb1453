import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryAnswers } from './registry-answers.ts';

/** Does the registry have the same time as this machine? It checks the times in tokens. */
export const registryClock = createProbe<Registry, number | undefined>({
  after: [registryAnswers],
  measure: async ({ ask, clock }, { target }) => clockDifference(await ask(target, '/v2/'), clock()),
  judge: (ahead, { url }) => {
    if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
    return wrong('registry_clock', {
      problem: `The clock of ${url.host} is ${formatDifference(ahead)} the clock of this machine (by its Date header).`,
      impact: `For that registry a new token ${ahead < 0 ? 'is not valid yet' : 'has expired already'}. It denies every pull and push and says only "invalid_token".`,
      fix: 'Set the clock that is wrong: timedatectl set-ntp true. A virtual machine may take its time from its host.',
    });
  },
});
