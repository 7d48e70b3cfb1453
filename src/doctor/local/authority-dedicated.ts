import { dedicatedCaFix } from '../../keys/ca/dedicated-ca.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/** Reports a problem if the CA of dockpass may have issued certificates to someone else too. */
export const authorityDedicated = createProbe<undefined, undefined>({
  measure: async () => undefined,
  judge: (_measured, _subject, { keys }) => {
    if (keys?.sharedReason === undefined) return noFindings;
    return wrong('authority_shared', {
      problem: `In keys.authority.certificate, ${keys.sharedReason}.`,
      impact:
        'A registry accepts every token whose certificate this authority issued. So anyone with another certificate of the authority can sign tokens for every repository.',
      fix: `${dedicatedCaFix} To change the certificate authority without rejected tokens, follow the steps in docs/own-pki.md. Then set keys.authority.requireDedicated: true.`,
    });
  },
});
