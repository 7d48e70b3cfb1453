import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that the CA certificate and the current leaf certificate are valid now. Registries verify the leaf certificate
 * that is in each token, so they reject every token if this certificate has expired.
 */
export const leafValid = createProbe<undefined, number>({
  measure: async ({ clock }) => clock(),
  judge: (now, _subject, { keys }) => {
    if (keys === undefined) return noFindings;
    const { authority, current } = keys;
    if (authority.validToDate.getTime() <= now)
      return wrong('authority_expired', {
        problem: `The certificate authority expired on ${iso(authority.validToDate)}. This machine's time is ${iso(now)}.`,
        impact: 'Registries trust no certificate of this authority, so every pull and push is denied.',
        fix: "If this machine's time is right, run: dockpass keys rotate --authority. Then copy the new rootcertbundle.pem to every registry and restart the registries.",
      });
    if (authority.validFromDate.getTime() > now)
      return wrong('authority_not_yet_valid', {
        problem: `The certificate authority is valid from ${iso(authority.validFromDate)}. This machine's time is ${iso(now)}.`,
        impact:
          'Registries reject every token until the certificate authority is valid. Either the clock of this machine was ahead when dockpass created the certificate authority, or the clock is behind now.',
        fix: "If this machine's time is right, run: dockpass keys rotate --authority. Then copy the new rootcertbundle.pem to every registry, and restart the registries. To finish, run again: dockpass keys rotate --authority. If the time is wrong, run: timedatectl set-ntp true",
      });
    const { validFromDate: from, validToDate: until } = current.certificate;
    const fix =
      'dockpass keys rotate    # if the clock is wrong, first run: timedatectl set-ntp true. If the clock is right but dockpass says that it is wrong, add --trust-clock';
    if (until.getTime() <= now)
      return wrong('leaf_expired', {
        problem: `The certificate that signs tokens expired on ${iso(until)}. This machine's time is ${iso(now)}.`,
        impact:
          'Registries reject every token ("token signed by untrusted key"). dockpass renews certificates a month before they expire. So there are three possible causes: the clock was wrong when the certificate was created, the clock is wrong now, or dockpass did not run for a long time.',
        fix,
      });
    if (from.getTime() > now)
      return wrong('leaf_not_yet_valid', {
        problem: `The certificate that signs tokens is valid from ${iso(from)}. This machine's time is ${iso(now)}.`,
        impact:
          'Registries reject every token until the certificate is valid. Either the clock of this machine was ahead when the certificate was created, or the clock is behind now.',
        fix,
      });
    return noFindings;
  },
});

function iso(at: number | Date): string {
  return new Date(at).toISOString();
}
