import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { DockpassError } from '../errors.ts';

/** A private key and its certificate. They are stored in one file, so that a write never saves only one of them. */
export interface StoredPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** Formats pairs of a key and a certificate as PEM. Each key (PKCS #8) comes before its certificate. */
export function formatPairs(pairs: readonly StoredPair[]): string {
  return pairs
    .map(
      ({ key, certificate }) => String(key.export({ type: 'pkcs8', format: 'pem' })) + certificate.toString(),
    )
    .join('');
}

/**
 * Parses a PEM text with one or more pairs of a key and a certificate.
 * @param place the place where the text is stored, for error messages
 * @param fix sentences that say what to do if the text is damaged, for error messages
 * @throws DockpassError `key_files`
 */
export function parsePairs(text: string, place: string, fix: string): StoredPair[] {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----\n?/g) ?? [];
  const pairs: StoredPair[] = [];
  try {
    for (let index = 0; index < blocks.length; index += 2) {
      const key = createPrivateKey(blocks[index] ?? '');
      pairs.push({ key, certificate: new X509Certificate(blocks[index + 1] ?? '') });
    }
  } catch (cause) {
    throw new DockpassError('key_files', `${place} is damaged. ${fix}`, { cause });
  }
  if (pairs.length === 0) throw new DockpassError('key_files', `${place} contains no key. ${fix}`);
  if (pairs.some(({ key, certificate }) => !certificate.checkPrivateKey(key))) {
    throw new DockpassError(
      'key_files',
      `${place} contains a key and a certificate that do not belong together. ${fix}`,
    );
  }
  return pairs;
}

/**
 * Parses all certificates of a PEM text.
 * @param place the place where the text is stored, for error messages
 * @throws DockpassError `key_files`
 */
export function parseCertificates(text: string, place: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new DockpassError(
      'key_files',
      `the certificates in ${place} are damaged. Restore the file from a backup.`,
      {
        cause,
      },
    );
  }
}
