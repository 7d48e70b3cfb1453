import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DockpassError, messageOf } from '../../errors.ts';

/** What somebody's two files are called; one file may hold both. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A key, its certificate and the chain as one PEM text: written together they are never half there.
 * @throws DockpassError `bad_configuration` naming what is wrong with which file
 */
export async function readTlsPair({ certificate, key }: TlsFiles): Promise<string> {
  const chain = blocksOf(await read(certificate), /CERTIFICATE/).map((block) => parse(certificate, block));
  const [own] = chain;
  if (own === undefined) throw wrong(`${certificate} holds no certificate: give PEM, the server's own first`);
  const [keyText] = blocksOf(await read(key), /[A-Z ]*PRIVATE KEY/);
  if (keyText === undefined) throw wrong(`${key} holds no private key: give PEM`);
  if (!own.checkPrivateKey(readKey(key, keyText)))
    throw wrong(`the key in ${key} does not belong to the first certificate in ${certificate}`);
  return [keyText, ...chain.map(String)].map((block) => `${block.trim()}\n`).join('');
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw wrong(`cannot read ${path}: ${messageOf(cause)}`, cause);
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
    throw wrong(`a certificate in ${path} is damaged`, cause);
  }
}

function readKey(path: string, block: string): KeyObject {
  if (/ENCRYPTED/.test(block))
    throw wrong(
      `the key in ${path} is encrypted, and nobody is there to type its passphrase: openssl pkey -in ${path} -out PLAIN.key`,
    );
  try {
    return createPrivateKey(block);
  } catch (cause) {
    throw wrong(`the key in ${path} is damaged`, cause);
  }
}

function wrong(why: string, cause?: unknown): DockpassError {
  return new DockpassError('bad_configuration', `up.tls: ${why}`, { cause });
}
