import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { fileKeyStore } from '../storage/file-key-store.ts';
import { previousAuthority, type AuthorityName, type KeyStore } from '../storage/key-store.ts';
import type { KeySettings } from '../key-settings.ts';
import type { Authority } from './authority-type.ts';
import { readExternalCa } from './external-ca.ts';
import { formatPairs, parseCertificates, parsePairs } from '../../files/pem.ts';
import type { KeyAndCertificate } from './x509.ts';

const year = 365 * 24 * 60 * 60 * 1000;

/** Reads the CA. Returns undefined if there is no CA yet, or if it was removed. @throws DockpassError `key_files` */
export async function readAuthority(
  settings: KeySettings,
  keyStore: KeyStore,
): Promise<Authority | undefined> {
  if (settings.authority.certificate !== null) return readExternalCa(settings.authority);
  const own = await readAuthorityNamed('authority', settings, keyStore);
  if (own === undefined) return undefined;
  const next = await readAuthorityNamed('authority-next', settings, keyStore);
  const previous = await readCertificates(keyStore, previousAuthority);
  return {
    ...own,
    chain: [],
    isExternal: false,
    sharedReason: undefined,
    trusted: [own.certificate, ...(next ? [next.certificate] : []), ...previous],
  };
}

/** What to do if the CA that registries trust is lost: sentences for an error message. */
export const restoreHint =
  'Restore the keys from a backup: run "dockpass restore FILE", or copy authority.pem to its place. If there is no backup, run "dockpass keys create --new-authority"; every registry then needs the new rootcertbundle.pem and a restart.';

/**
 * Creates the CA at the first start.
 * @throws DockpassError `key_files` if leaf certificates exist, because then the CA was lost
 */
export async function createFirstAuthority(keyStore: KeyStore, clock: Clock): Promise<void> {
  const names = await keyStore.names();
  if (names.some((name) => /^authority\.(?:pem|crt)$/.test(name))) return;
  if (names.length > 0) {
    throw new DockpassError(
      'key_files',
      `${keyStore.describe('authority.pem')} (the certificate authority) is missing, but leaf certificates that it issued still exist. ${restoreHint}`,
    );
  }
  // If another process created a CA after the check above, `create` changes nothing and the CA of that process is used.
  await keyStore.create('authority.pem', formatPairs([await newAuthority(clock)]));
}

/**
 * Creates a CA that is valid for ten years. The validity starts one hour in the past, because the clock of a registry
 * may be slow.
 */
export async function newAuthority(clock: Clock): Promise<KeyAndCertificate> {
  // node-forge is loaded only when a certificate is created, so that dockpass starts faster if its keys exist already.
  const { createAuthority } = await import('../create-keys.ts');
  return createAuthority(new Date(clock() - 60 * 60 * 1000), new Date(clock() + 10 * year));
}

/**
 * Returns the certificate and the key of a CA.
 * @throws DockpassError `key_files` if only the certificate is available
 */
export function requireKey({ key, certificate }: Pick<Authority, 'key' | 'certificate'>): KeyAndCertificate {
  if (key !== undefined) return { key, certificate };
  throw new DockpassError(
    'key_files',
    'the key of the certificate authority is not on this machine, so no leaf certificate can be issued. Run this command on the machine that stores the key (in the folder keys.directory or in the file keys.authority.key).',
  );
}

/**
 * Returns the certificate of a CA and, if it is available, the private key. If the key store has only the certificate,
 * this function looks for the key in the key folder.
 */
export async function readAuthorityNamed(
  name: AuthorityName,
  settings: KeySettings,
  keyStore: KeyStore,
): Promise<Pick<Authority, 'key' | 'certificate'> | undefined> {
  const whole = await readPair(keyStore, name);
  if (whole !== undefined) return whole;
  const [certificate] = await readCertificates(keyStore, `${name}.crt`);
  if (certificate === undefined) return undefined;
  const folder = fileKeyStore(settings.directory);
  // Try both names. A rollover first renames the key in the folder and then the certificate in the key store. If it was
  // interrupted between these two steps, the key already has the name `authority`, but the certificate still has the
  // name `authority-next`.
  for (const candidate of ['authority', 'authority-next'] as const) {
    const pair = await readPair(folder, candidate);
    if (pair?.certificate.raw.equals(certificate.raw) === true) return pair;
  }
  return { certificate, key: undefined };
}

async function readPair(keyStore: KeyStore, name: AuthorityName): Promise<KeyAndCertificate | undefined> {
  const file = `${name}.pem`;
  const text = await keyStore.read(file);
  if (text === undefined) return undefined;
  const fix =
    name === 'authority'
      ? `Restore this file from a backup. If there is no backup, move this file away and run "dockpass keys create --new-authority"; every registry then needs the new rootcertbundle.pem and a restart.`
      : `${keyStore.moveAwayHint(file)}. Then start the rollover again.`;
  return parsePairs(text, keyStore.describe(file), fix)[0];
}

async function readCertificates(keyStore: KeyStore, name: string): Promise<X509Certificate[]> {
  return parseCertificates((await keyStore.read(name)) ?? '', keyStore.describe(name));
}
