import { ask } from '../http-request.ts';
import { aheadBy, inWords, tolerance } from '../clock-difference.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient, Registry } from '../context.ts';

/** Tokens have times in them. */
export async function registryClock({ clock }: Patient, registry: Registry): Promise<readonly Finding[]> {
  const ahead = aheadBy(await ask(registry.target, '/v2/'), clock());
  if (ahead === undefined || Math.abs(ahead) <= tolerance) return nothing;
  return wrong('registry_clock', {
    seen: `the clock of ${registry.url.host} is ${inWords(ahead)} this machine's (its Date header).`,
    means: `To that registry a token of ours is ${ahead < 0 ? 'not valid yet' : 'already over'}: it refuses every pull and push, with nothing but "invalid_token".`,
    mend: "Set the clock of the one that is wrong: timedatectl set-ntp true (in a virtual machine, its host's).",
  });
}
