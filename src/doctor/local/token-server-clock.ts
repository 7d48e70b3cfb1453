import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import { askTokenServer } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/** Does the token server have the same time as this machine? Asked directly, because the edge writes its own Date. */
export const tokenServerClock = createProbe<undefined, number | undefined>({
  measure: async (context) => {
    const answer = await askTokenServer(context, '/auth/jwks');
    return answer === undefined ? undefined : clockDifference(answer, context.clock());
  },
  judge: (ahead) => {
    if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
    return wrong('token_server_clock', {
      problem: `The clock of the token server is ${formatDifference(ahead)} the clock of this machine.`,
      impact: 'Registries with the right time reject its tokens: they are not valid yet, or have expired.',
      fix: 'Set the clock that is wrong: timedatectl set-ntp true',
    });
  },
});
