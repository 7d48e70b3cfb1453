import { sendRequest } from '../http-request.ts';
import { clockDifference, formatDifference, tolerance } from '../clock-difference.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext, Registry } from '../context.ts';

/** Tokens have times in them. */
export async function registryClock(
  { clock }: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const ahead = clockDifference(await sendRequest(registry.target, '/v2/'), clock());
  if (ahead === undefined || Math.abs(ahead) <= tolerance) return noFindings;
  return wrong('registry_clock', {
    problem: `the clock of ${registry.url.host} is ${formatDifference(ahead)} this machine's (its Date header).`,
    impact: `To that registry a token of ours is ${ahead < 0 ? 'not valid yet' : 'already over'}: it refuses every pull and push, with nothing but "invalid_token".`,
    fix: "Set the clock of the one that is wrong: timedatectl set-ntp true (in a virtual machine, its host's).",
  });
}
