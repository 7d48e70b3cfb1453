import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { DockpassError } from '../errors.ts';

/** A private key and its certificate, as one text: what is written together can never be half there. */
export interface StoredPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** PEM, the key (PKCS #8) before its certificate. */
export function formatPairs(pairs: readonly StoredPair[]): string {
  return pairs
    .map(
      ({ key, certificate }) => String(key.export({ type: 'pkcs8', format: 'pem' })) + certificate.toString(),
    )
    .join('');
}

/**
 * At least one.
 * @param place where the text stands, for messages; `mend` what to do where it is not whole
 * @throws DockpassError `key_files`
 */
export function parsePairs(text: string, place: string, mend: string): StoredPair[] {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----\n?/g) ?? [];
  const pairs: StoredPair[] = [];
  try {
    for (let at = 0; at < blocks.length; at += 2) {
      const key = createPrivateKey(blocks[at] ?? '');
      pairs.push({ key, certificate: new X509Certificate(blocks[at + 1] ?? '') });
    }
  } catch (cause) {
    throw new DockpassError('key_files', `${place} is damaged: ${mend}`, { cause });
  }
  if (pairs.length === 0) throw new DockpassError('key_files', `${place} holds no key: ${mend}`);
  if (pairs.some(({ key, certificate }) => !certificate.checkPrivateKey(key))) {
    throw new DockpassError(
      'key_files',
      `in ${place} a key and its certificate do not belong together: ${mend}`,
    );
  }
  return pairs;
}

/** @throws DockpassError `key_files` */
export function parseCertificates(text: string, place: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new DockpassError('key_files', `the certificates in ${place} are damaged: put them back`, {
      cause,
    });
  }
}
