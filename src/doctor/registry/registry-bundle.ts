import type { X509Certificate } from 'node:crypto';
import { subjectOf } from '../../keys/ca/dedicated-ca.ts';
import type { Registry } from '../context.ts';
import { noFindings, warning } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { certificatesIn } from './registry-file.ts';
import { registryTrustsUs } from './registry-trusts-us.ts';

/**
 * Checks that the trust bundle in the registry's configuration contains no certificates but ours. Earlier versions of
 * dockpass also published the parents of a CA from your own PKI.
 */
export const registryBundle = createProbe<Registry, readonly X509Certificate[]>({
  after: [registryTrustsUs],
  measure: async ({ keys }, { file }) => {
    const found = certificatesIn(file?.token?.rootCertBundle) ?? [];
    if (keys === undefined) return [];
    const isOurs = (certificate: X509Certificate): boolean =>
      keys.bundle.some(({ raw }) => raw.equals(certificate.raw)) ||
      // A leaf certificate that dockpass has already replaced.
      (!certificate.ca && certificate.verify(keys.authority.publicKey));
    return found.filter((certificate) => !isOurs(certificate));
  },
  judge: (others, { file }) => {
    if (others.length === 0) return noFindings;
    const path = file?.token?.rootCertBundle ?? '';
    return warning('bundle_trusts_others', {
      problem: `The registry's rootcertbundle (${path}) contains certificates that are not in the trust bundle of dockpass: ${others.map(subjectOf).join(', ')}.`,
      impact:
        'The registry also accepts tokens whose certificate was issued by these authorities. Anyone with such a certificate can sign tokens for every repository.',
      fix: `If no other token server needs these certificates, run \`dockpass keys export > ${path}\`, and restart the registry.`,
    });
  },
});
