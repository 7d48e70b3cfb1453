import type { X509Certificate } from 'node:crypto';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { OwnKeys } from '../own-keys.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { certificatesIn, kidsIn, type RegistryFile, type TokenSection } from './registry-file.ts';

/** What in the registry's own file keeps it from taking our tokens. The first is the cause. */
export function fileFaults({ config, keys }: DoctorContext, { file }: Registry): readonly Finding[] {
  const token = file?.token;
  if (file === undefined || token === undefined || keys === undefined) return noFindings;
  if (token.issuer !== undefined && token.issuer !== config.issuer)
    return wrong('wrong_issuer', {
      problem: `${file.origin} says issuer: ${token.issuer}; dockpass issues as ${config.issuer}.`,
      impact: 'Every pull and push is refused, after a login that works.',
      fix: `In ${file.path}: set auth.token.issuer: ${config.issuer}. Then restart the registry.`,
    });
  return config.keys.mode === 'kid' ? jwksFaults(file, token, keys) : bundleFaults(file, token, keys);
}

function bundleFaults(file: RegistryFile, token: TokenSection, keys: OwnKeys): readonly Finding[] {
  if (token.rootCertBundle === undefined)
    return token.jwks === undefined
      ? noFindings
      : wrong('jwks_refuses_x5c', {
          problem: `${file.origin} names jwks and no rootcertbundle; our tokens carry their certificate (x5c).`,
          impact: 'A registry 3 that knows keys by jwks alone refuses every token with a certificate.',
          fix: `In ${file.path}: set auth.token.rootcertbundle beside jwks, and restart the registry; or else keys.mode: kid in dockpass.yml.`,
        });
  const bundle = certificatesIn(token.rootCertBundle);
  if (bundle === undefined || bundle.some((certificate) => same(certificate, keys.authority)))
    return noFindings;
  const fix = `dockpass keys export > ${token.rootCertBundle}, then restart the registry.`;
  if (bundle.some((certificate) => !certificate.ca && certificate.verify(keys.authority.publicKey)))
    return wrong('leaf_in_bundle', {
      problem: `${token.rootCertBundle} holds a leaf of our authority, not the authority itself.`,
      impact:
        'The registry trusts that one leaf, and no other: since the last rotation every pull and push fails.',
      fix,
    });
  return wrong('other_authority', {
    problem: `${token.rootCertBundle}, the registry's rootcertbundle, holds ${bundle.length === 0 ? 'no certificate' : bundle.map(nameOf).join(' and ')}; ours is ${nameOf(keys.authority)}.`,
    impact: 'The registry trusts another authority: to it our tokens are "signed by untrusted key".',
    fix,
  });
}

function jwksFaults(file: RegistryFile, token: TokenSection, keys: OwnKeys): readonly Finding[] {
  const known = kidsIn(token.jwks);
  const ours = keys.key(keys.current, 'kid').kid;
  if (known === undefined || known.includes(ours)) return noFindings;
  return wrong('kid_unknown', {
    problem: `${token.jwks}, the registry's jwks, does not hold the key id ${ours} of our tokens.`,
    impact: 'Tokens name their key by its id alone (keys.mode: kid); one that is not in the file is refused.',
    fix: `dockpass keys export --jwks > ${token.jwks}, then restart the registry. With keys.mode: x5c and the rootcertbundle in ${file.path} leaves change without it.`,
  });
}

function same(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

function nameOf(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}
