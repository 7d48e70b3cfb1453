import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DockpassError, messageOf } from '../../errors.ts';

/**
 * The two paths of `--tls CERTIFICATE,KEY`. Both paths may be the same, if one file contains the certificate and the
 * key.
 */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads a private key, its certificate and the certificate chain, and checks that the key belongs to the certificate.
 * @returns the key and all certificates as one PEM text. The caller can write this text to a single file, so that the
 *   edge never reads a new certificate together with an old key.
 * @throws DockpassError `bad_configuration` with the path of the invalid file and a description of the problem
 */
export async function readTlsPair({ certificate, key }: TlsFiles): Promise<string> {
  const chain = blocksOf(await read(certificate), /CERTIFICATE/).map((block) => parse(certificate, block));
  const [own] = chain;
  if (own === undefined)
    throw invalid(
      `${certificate} contains no certificate. Use a PEM file that begins with the server's own certificate.`,
    );
  const [keyText] = blocksOf(await read(key), /[A-Z ]*PRIVATE KEY/);
  if (keyText === undefined)
    throw invalid(`${key} contains no private key. Use a PEM file with the key of the server's certificate.`);
  if (!own.checkPrivateKey(readKey(key, keyText)))
    throw invalid(
      `the key in ${key} does not belong to the first certificate in ${certificate}. Configure a certificate and a key that belong together.`,
    );
  return [keyText, ...chain.map(String)].map((block) => `${block.trim()}\n`).join('');
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(`cannot read ${path}: ${messageOf(cause)}. Check the path and its permissions.`, cause);
  }
}

function blocksOf(text: string, label: RegExp): string[] {
  const block = new RegExp(`-----BEGIN (${label.source})-----[\\s\\S]+?-----END \\1-----`, 'g');
  return text.match(block) ?? [];
}

function parse(path: string, block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw invalid(
      `a certificate in ${path} is damaged. Export the certificate again, or restore it from a backup.`,
      cause,
    );
  }
}

function readKey(path: string, block: string): KeyObject {
  if (/ENCRYPTED/.test(block))
    throw invalid(
      `the key in ${path} is encrypted, and dockpass cannot ask for its passphrase. Configure an unencrypted copy of the key. To create this copy, run: openssl pkey -in ${path} -out PLAIN.key`,
    );
  try {
    return createPrivateKey(block);
  } catch (cause) {
    throw invalid(`the key in ${path} is damaged. Export the key again, or restore it from a backup.`, cause);
  }
}

function invalid(problem: string, cause?: unknown): DockpassError {
  return new DockpassError('bad_configuration', `up.tls: ${problem}`, { cause });
}
