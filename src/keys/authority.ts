import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { createFile, formatPairs, isCode, readPairs, readSecretFile } from './key-files.ts';
import { authorityFile, nextAuthorityFile, previousAuthorityFile, type KeySettings } from './key-settings.ts';
import type { KeyAndCertificate } from './x509.ts';

/** Who vouches for leaves, and whom registries must trust for that. */
export interface Authority extends KeyAndCertificate {
  /** Between the issuing certificate and the root; empty for an authority of our own. */
  readonly chain: readonly X509Certificate[];
  /** All whose leaves may be met: ours, and during a rollover the next or the previous one. */
  readonly trusted: readonly X509Certificate[];
}

const year = 365 * 24 * 60 * 60 * 1000;

/**
 * Reads the authority, making it on the first start.
 * @param hasLeaves whether there are leaves already: then a missing authority is a loss, not a first start
 * @throws DockpassError `key_files`
 */
export async function readAuthority(
  settings: KeySettings,
  hasLeaves: boolean,
  clock: Clock,
): Promise<Authority> {
  const { certificate, key } = settings.authority;
  if (certificate !== null && key !== null)
    return readOwnPki(certificate, key, settings.authority.passphrase);
  const { directory } = settings;
  const own =
    (await readPairs(authorityFile(directory)))?.[0] ?? (await makeFirst(settings, hasLeaves, clock));
  const next = (await readPairs(nextAuthorityFile(directory)))?.[0];
  const previous = await readCertificates(previousAuthorityFile(directory));
  return {
    ...own,
    chain: [],
    trusted: [own.certificate, ...(next ? [next.certificate] : []), ...(previous ?? [])],
  };
}

async function makeFirst(
  settings: KeySettings,
  hasLeaves: boolean,
  clock: Clock,
): Promise<KeyAndCertificate> {
  const path = authorityFile(settings.directory);
  if (hasLeaves) {
    throw new DockpassError(
      'key_files',
      `${path} is missing, but its leaves are there: put it back from a backup; or move the leaves-*.pem away too, and give every registry the new rootcertbundle`,
    );
  }
  await createFile(path, formatPairs([await newAuthority(clock)]), 0o600);
  // Ours, or that of another process that was first.
  const made = (await readPairs(path))?.[0];
  if (made === undefined)
    throw new DockpassError('key_files', `${path} has gone while it was made; start again`);
  return made;
}

/** Valid from an hour ago, because a registry's clock may run late, for ten years. */
export async function newAuthority(clock: Clock): Promise<KeyAndCertificate> {
  // forge is loaded only where something is made: a start that finds its keys does without.
  const { makeAuthority } = await import('./make.ts');
  return makeAuthority(new Date(clock() - 60 * 60 * 1000), new Date(clock() + 10 * year));
}

async function readOwnPki(
  certificateFile: string,
  keyFile: string,
  passphrase: string | null,
): Promise<Authority> {
  const [issuing, ...rest] = (await readCertificates(certificateFile)) ?? [];
  if (issuing === undefined)
    throw new DockpassError(
      'key_files',
      `${certificateFile} (keys.authority.certificate) is not there or holds no certificate`,
    );
  const pem = await readSecretFile(keyFile);
  if (pem === undefined) throw new DockpassError('key_files', `${keyFile} (keys.authority.key) is not there`);
  const key = decrypt(pem, keyFile, passphrase);
  if (!issuing.ca)
    throw new DockpassError(
      'key_files',
      `the first certificate in ${certificateFile} may not issue others: it wants basicConstraints CA:TRUE`,
    );
  if (!issuing.checkPrivateKey(key))
    throw new DockpassError(
      'key_files',
      `${keyFile} is not the key of the first certificate in ${certificateFile}`,
    );
  requireStrong(key, keyFile);
  const chain = [issuing, ...rest].filter((certificate) => certificate.subject !== certificate.issuer);
  return { key, certificate: issuing, chain, trusted: [issuing, ...rest] };
}

function decrypt(pem: string, path: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
  } catch (cause) {
    const mend = pem.includes('ENCRYPTED')
      ? 'it is encrypted: keys.authority.passphrase (DOCKPASS_KEYS_AUTHORITY_PASSPHRASE_FILE) is missing or wrong'
      : 'it holds no private key in PEM';
    throw new DockpassError('key_files', `cannot read ${path}: ${mend}`, { cause });
  }
}

function requireStrong(key: KeyObject, path: string): void {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const rsa = key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= 2048;
  const ec =
    key.asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve ?? '');
  if (!rsa && !ec)
    throw new DockpassError(
      'key_files',
      `${path} is too weak or of a kind that registries do not verify: use RSA of 2048 bits or more, or EC P-256, P-384 or P-521`,
    );
}

async function readCertificates(path: string): Promise<X509Certificate[] | undefined> {
  try {
    const blocks =
      (await readFile(path, 'utf8')).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ??
      [];
    return blocks.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined;
    throw new DockpassError('key_files', `cannot read the certificates in ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
