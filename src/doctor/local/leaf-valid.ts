import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Registries check the validity of the certificate that a token carries: a leaf that has ended stops every pull. */
export async function leafValid({ keys, clock }: DoctorContext): Promise<readonly Finding[]> {
  if (keys === undefined) return noFindings;
  const now = clock();
  const authorityEnd = keys.authority.validToDate;
  if (authorityEnd.getTime() <= now)
    return wrong('authority_expired', {
      problem: `the authority ended on ${authorityEnd.toISOString()}; this machine's clock says ${iso(now)}.`,
      impact: 'Registries trust no leaf under it: every pull and push is refused.',
      fix: 'If this clock is right: dockpass keys rotate --authority, and give every registry the new rootcertbundle.pem and a restart.',
    });
  const { validFromDate: from, validToDate: until } = keys.current.certificate;
  const clockMend = `dockpass keys rotate    # first see to the clock: timedatectl set-ntp true`;
  if (until.getTime() <= now)
    return wrong('leaf_expired', {
      problem: `the leaf that signs tokens ended on ${until.toISOString()}; this machine's clock says ${iso(now)}.`,
      impact:
        'Registries refuse every token with an expired certificate ("token signed by untrusted key"). A leaf is renewed long before; so the clock was wrong when this one was made, or is wrong where dockpass runs, or dockpass did not run for long.',
      fix: clockMend,
    });
  if (from.getTime() > now)
    return wrong('leaf_not_yet_valid', {
      problem: `the leaf that signs tokens is valid from ${from.toISOString()} on; this machine's clock says ${iso(now)}.`,
      impact: 'Registries refuse every token with it until then. The clock was ahead when it was made.',
      fix: clockMend,
    });
  return noFindings;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
