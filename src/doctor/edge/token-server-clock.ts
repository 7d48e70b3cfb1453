import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { requestTokenServer, type DoctorContext } from '../context.ts';

/** Does the token server live in the same time as this machine? Asked without the edge, which dates answers itself. */
export async function tokenServerClock(patient: DoctorContext): Promise<readonly Finding[]> {
  const answer = await requestTokenServer(patient, '/auth/jwks');
  const ahead = answer === undefined ? undefined : clockDifference(answer, patient.clock());
  if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
  return wrong('token_server_clock', {
    problem: `the token server's clock is ${formatDifference(ahead)} this machine's.`,
    impact: 'Its tokens are not valid yet, or no longer, for registries that have the right time.',
    fix: 'Set the clock of the one that is wrong: timedatectl set-ntp true',
  });
}
