import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient } from '../context.ts';

/** Registries check the validity of the certificate that a token carries: a leaf that has ended stops every pull. */
export async function leafValid({ keys, clock }: Patient): Promise<readonly Finding[]> {
  if (keys === undefined) return nothing;
  const now = clock();
  const authorityEnd = keys.authority.validToDate;
  if (authorityEnd.getTime() <= now)
    return wrong('authority_expired', {
      seen: `the authority ended on ${authorityEnd.toISOString()}; this machine's clock says ${iso(now)}.`,
      means: 'Registries trust no leaf under it: every pull and push is refused.',
      mend: 'If this clock is right: dockpass keys rotate --authority, and give every registry the new rootcertbundle.pem and a restart.',
    });
  const { validFromDate: from, validToDate: until } = keys.current.certificate;
  const clockMend = `dockpass keys rotate    # first see to the clock: timedatectl set-ntp true`;
  if (until.getTime() <= now)
    return wrong('leaf_expired', {
      seen: `the leaf that signs tokens ended on ${until.toISOString()}; this machine's clock says ${iso(now)}.`,
      means:
        'Registries refuse every token with an expired certificate ("token signed by untrusted key"). A leaf is renewed long before; so the clock was wrong when this one was made, or is wrong where dockpass runs, or dockpass did not run for long.',
      mend: clockMend,
    });
  if (from.getTime() > now)
    return wrong('leaf_not_yet_valid', {
      seen: `the leaf that signs tokens is valid from ${from.toISOString()} on; this machine's clock says ${iso(now)}.`,
      means: 'Registries refuse every token with it until then. The clock was ahead when it was made.',
      mend: clockMend,
    });
  return nothing;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
