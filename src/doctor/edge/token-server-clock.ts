import { aheadBy, inWords, tolerance } from '../clock-difference.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import { askTokenServer, type Patient } from '../context.ts';

/** Does the token server live in the same time as this machine? Asked without the edge, which dates answers itself. */
export async function tokenServerClock(patient: Patient): Promise<readonly Finding[]> {
  const answer = await askTokenServer(patient, '/auth/jwks');
  const ahead = answer === undefined ? undefined : aheadBy(answer, patient.clock());
  if (ahead === undefined || Math.abs(ahead) <= tolerance) return nothing;
  return wrong('token_server_clock', {
    seen: `the token server's clock is ${inWords(ahead)} this machine's.`,
    means: 'Its tokens are not valid yet, or no longer, for registries that have the right time.',
    mend: 'Set the clock of the one that is wrong: timedatectl set-ntp true',
  });
}
