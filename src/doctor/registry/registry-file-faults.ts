import type { X509Certificate } from 'node:crypto';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { OwnKeys } from '../own-keys.ts';
import { certificatesIn, kidsIn, type RegistryFile, type TokenSection } from './registry-file.ts';

/**
 * Finds the fault in the registry's configuration file that makes the registry reject our tokens: a wrong issuer, or a
 * trust bundle or JWKS file without our keys.
 */
export function judgeRegistryFile({ config, keys }: DoctorContext, { file }: Registry): readonly Finding[] {
  const token = file?.token;
  if (file === undefined || token === undefined || keys === undefined) return noFindings;
  if (token.issuer !== undefined && token.issuer !== config.issuer)
    return wrong('wrong_issuer', {
      problem: `${file.origin} sets the issuer to ${token.issuer}. dockpass issues tokens with the issuer ${config.issuer}.`,
      impact: 'Logging in works, but every pull and push is denied.',
      fix: `In ${file.path}, set auth.token.issuer: ${config.issuer}. Then restart the registry.`,
    });
  return config.keys.mode === 'kid' ? judgeJwks(file, token, keys) : judgeBundle(file, token, keys);
}

function judgeBundle(file: RegistryFile, token: TokenSection, keys: OwnKeys): readonly Finding[] {
  if (token.rootCertBundle === undefined)
    return token.jwks === undefined
      ? noFindings
      : wrong('jwks_refuses_x5c', {
          problem: `Under auth.token, ${file.origin} has jwks but no rootcertbundle. Our tokens carry their certificate (x5c), and without a rootcertbundle the registry cannot verify this certificate.`,
          impact: 'With jwks only, registry 3 rejects every token that carries a certificate.',
          fix: `In ${file.path}, set auth.token.rootcertbundle in addition to jwks, and restart the registry. Or set keys.mode: kid in dockpass.yml.`,
        });
  const bundle = certificatesIn(token.rootCertBundle);
  if (bundle === undefined || bundle.some((certificate) => isSame(certificate, keys.authority)))
    return noFindings;
  const fix = `Run \`dockpass keys export > ${token.rootCertBundle}\`, and restart the registry.`;
  if (bundle.some((certificate) => !certificate.ca && certificate.verify(keys.authority.publicKey)))
    return wrong('leaf_in_bundle', {
      problem: `${token.rootCertBundle} contains a leaf certificate of our certificate authority instead of the certificate of the authority itself.`,
      impact:
        'The registry trusts only tokens that are signed with the key of this leaf certificate. Since the last rotation, dockpass signs with another key, so the registry denies every pull and push.',
      fix,
    });
  const held = bundle.length === 0 ? 'no certificate' : bundle.map(subjectOf).join(' and ');
  return wrong('other_authority', {
    problem: `The registry's rootcertbundle (${token.rootCertBundle}) contains ${held}. Our certificate authority is ${subjectOf(keys.authority)}.`,
    impact:
      'The registry trusts another certificate authority, so it rejects our tokens ("signed by untrusted key").',
    fix,
  });
}

function judgeJwks(file: RegistryFile, token: TokenSection, keys: OwnKeys): readonly Finding[] {
  const known = kidsIn(token.jwks);
  const ours = keys.key(keys.current, 'kid').kid;
  if (known === undefined || known.includes(ours)) return noFindings;
  return wrong('kid_unknown', {
    problem: `The registry's JWKS file (${token.jwks}) does not contain the key id ${ours} of our tokens.`,
    impact:
      'With keys.mode: kid, a token contains only the id of its key. The registry rejects tokens whose key id is not in the file.',
    fix: `Run \`dockpass keys export --jwks > ${token.jwks}\`, and restart the registry. If you set keys.mode: x5c in dockpass.yml and auth.token.rootcertbundle in ${file.path}, the registry needs no restart after later rotations.`,
  });
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}
