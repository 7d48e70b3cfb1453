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

/** Undefined where there is none yet, or no more. @throws DockpassError `key_files` */
export async function readAuthority(settings: KeySettings, keep: KeyStore): Promise<Authority | undefined> {
  if (settings.authority.certificate !== null) return readExternalCa(settings.authority);
  const own = await readAuthorityNamed('authority', settings, keep);
  if (own === undefined) return undefined;
  const next = await readAuthorityNamed('authority-next', settings, keep);
  const previous = await readCertificates(keep, previousAuthority);
  return {
    ...own,
    chain: [],
    trusted: [own.certificate, ...(next ? [next.certificate] : []), ...previous],
  };
}

/**
 * The authority of the first start.
 * @throws DockpassError `key_files` where there are leaves already: then a missing authority is a loss
 */
export async function createFirstAuthority(keep: KeyStore, clock: Clock): Promise<void> {
  const names = await keep.names();
  if (names.some((name) => /^authority\.(?:pem|crt)$/.test(name))) return;
  if (names.length > 0) {
    throw new DockpassError(
      'key_files',
      `${keep.place('authority.pem')} is missing, but its leaves are there: put it back from a backup; or take the leaves away too, and give every registry the new rootcertbundle`,
    );
  }
  // Where another process is first, its authority counts.
  await keep.create('authority.pem', formatPairs([await newAuthority(clock)]));
}

/** Valid from an hour ago, because a registry's clock may run late, for ten years. */
export async function newAuthority(clock: Clock): Promise<KeyAndCertificate> {
  // forge is loaded only where something is made: a start that finds its keys does without.
  const { createAuthority } = await import('../create-keys.ts');
  return createAuthority(new Date(clock() - 60 * 60 * 1000), new Date(clock() + 10 * year));
}

/** @throws DockpassError `key_files` where only its certificate is here */
export function requireKey({ key, certificate }: Pick<Authority, 'key' | 'certificate'>): KeyAndCertificate {
  if (key !== undefined) return { key, certificate };
  throw new DockpassError(
    'key_files',
    "the authority's key is not here, so no leaf can be made: run this where it is (in keys.directory, or named by keys.authority.key)",
  );
}

/** With its key; or its certificate alone, and the key from the folder if it is there. */
export async function readAuthorityNamed(
  name: AuthorityName,
  settings: KeySettings,
  keep: KeyStore,
): Promise<Pick<Authority, 'key' | 'certificate'> | undefined> {
  const whole = await readPair(keep, name);
  if (whole !== undefined) return whole;
  const [certificate] = await readCertificates(keep, `${name}.crt`);
  if (certificate === undefined) return undefined;
  const folder = fileKeyStore(settings.directory);
  // Under either name: a rollover goes through the folder first, and may have stopped there.
  for (const candidate of ['authority', 'authority-next'] as const) {
    const pair = await readPair(folder, candidate);
    if (pair?.certificate.raw.equals(certificate.raw) === true) return pair;
  }
  return { certificate, key: undefined };
}

async function readPair(keep: KeyStore, name: AuthorityName): Promise<KeyAndCertificate | undefined> {
  const file = `${name}.pem`;
  const text = await keep.read(file);
  if (text === undefined) return undefined;
  const mend =
    name === 'authority'
      ? 'put it back from a backup; or take it and the leaves away, and a new authority is made at the next start (every registry then needs the new rootcertbundle and a restart)'
      : `${keep.takeAway(file)}, and begin the rollover again`;
  return parsePairs(text, keep.place(file), mend)[0];
}

async function readCertificates(keep: KeyStore, name: string): Promise<X509Certificate[]> {
  return parseCertificates((await keep.read(name)) ?? '', keep.place(name));
}
