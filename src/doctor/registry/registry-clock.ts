import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryAnswers } from './registry-answers.ts';

/**
 * Checks that the clock of the registry agrees with the clock of this machine. The clocks must agree because the
 * registry compares the times in tokens with its own clock.
 */
export const registryClock = createProbe<Registry, number | undefined>({
  after: [registryAnswers],
  measure: async ({ ask, clock }, { target }) => clockDifference(await ask(target, '/v2/'), clock()),
  judge: (ahead, { url }) => {
    if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
    return wrong('registry_clock', {
      problem: `The clock of ${url.host} is ${formatDifference(ahead)} the clock of this machine (according to the Date header of the registry).`,
      impact: `For the registry, a new token ${ahead < 0 ? 'is not valid yet' : 'has expired already'}. So the registry denies every pull and push, and reports only "invalid_token".`,
      fix: 'On the machine whose clock is wrong, run: timedatectl set-ntp true. If that machine is a virtual machine and gets the time from its host, correct the clock of the host.',
    });
  },
});
