import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import { askTokenServer } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that the clock of the token server agrees with the clock of this machine. doctor sends the request directly to
 * the token server, because the edge would replace the Date header of the token server with its own.
 */
export const tokenServerClock = createProbe<undefined, number | undefined>({
  measure: async (context) => {
    const answer = await askTokenServer(context, '/auth/jwks');
    return answer === undefined ? undefined : clockDifference(answer, context.clock());
  },
  judge: (ahead) => {
    if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
    return wrong('token_server_clock', {
      problem: `The clock of the token server is ${formatDifference(ahead)} the clock of this machine.`,
      impact:
        'The clock of this token server is wrong, so every registry whose clock is right rejects its tokens as expired or not yet valid.',
      fix: 'On the machine whose clock is wrong, run: timedatectl set-ntp true',
    });
  },
});
