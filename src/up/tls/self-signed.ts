import { generateKeyPair, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { createFile, readSecretFile, replaceFile } from '../../files/atomic-file.ts';
import { formatPairs, parsePairs, type StoredPair } from '../../files/pem.ts';

/** The paths of a self-signed server certificate and of the CA that signed it. */
export interface SelfSigned {
  /** The path of the file with the server's certificate and key. Both are in one file, so that they always match. */
  readonly server: string;
  /** The path of the CA certificate, which clients on other machines have to trust. */
  readonly authority: string;
}

// All durations in this file are in milliseconds.
const day = 24 * 60 * 60 * 1000;
const authorityLifetime = 10 * 365 * day;
/**
 * The lifetime of the server certificate. Apple's clients reject certificates with a longer lifetime, even if the user
 * has installed the CA certificate.
 */
const serverLifetime = 825 * day;
/**
 * dockpass renews a server certificate this long before it expires. `dockpass up` makes its edge load the renewed
 * certificate at once. A user who runs an edge without `dockpass up` must reload that edge before the old certificate
 * expires.
 */
const renewBefore = 60 * day;
/**
 * The validity of a certificate starts this long before the certificate is created, so that clients whose clocks are
 * behind accept the certificate.
 */
const backdate = 60 * 60 * 1000;

/**
 * Returns the directory that contains the TLS CA and the server certificate. `dockpass init` and `dockpass up` use the
 * same directory, so that clients need to trust only one CA.
 */
export function tlsDirectory({ up }: Pick<Config, 'up'>): string {
  return join(up.directory, 'tls');
}

/**
 * Ensures that `directory` contains a valid server certificate for these names. The certificate is signed by a CA that
 * is used only for TLS. Registries trust a different CA for the signatures of tokens. dockpass creates the TLS CA once.
 * It creates a new server certificate if the certificate is missing, expires soon, or lacks one of the names.
 * @throws DockpassError `key_files`
 */
export async function selfSignedTls(
  directory: string,
  names: readonly string[],
  clock: Clock,
): Promise<SelfSigned> {
  const authority = await openAuthority(join(directory, 'ca.pem'), clock);
  const authorityFile = join(directory, 'ca.crt');
  const published = await readFile(authorityFile, 'utf8').catch(() => undefined);
  if (published !== authority.certificate.toString())
    await replaceFile(authorityFile, authority.certificate.toString(), 0o644);

  const serverFile = join(directory, 'server.pem');
  const found = (await readPair(serverFile))?.certificate;
  if (found === undefined || !isStillValid(found, authority.certificate, names, clock)) {
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const { certify } = await import('../../keys/ca/x509.ts');
    const contents = {
      commonName: names[0] ?? 'localhost',
      ...validity(serverLifetime, clock),
      use: { server: names },
    };
    await replaceFile(serverFile, formatPairs([certify(privateKey, contents, authority)]), 0o600);
  }
  return { server: serverFile, authority: authorityFile };
}

async function openAuthority(path: string, clock: Clock): Promise<StoredPair> {
  const found = await readPair(path);
  if (found !== undefined) return found;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 3072 });
  const { selfSigned } = await import('../../keys/ca/x509.ts');
  const created = selfSigned(privateKey, {
    commonName: 'dockpass TLS authority',
    ...validity(authorityLifetime, clock),
    use: 'authority',
  });
  // Another process may have created the file after this process looked for it. In this case, use the CA in that file.
  return (await createFile(path, formatPairs([created]), 0o600)) ? created : openAuthority(path, clock);
}

async function readPair(path: string): Promise<StoredPair | undefined> {
  const text = await readSecretFile(path);
  return text === undefined
    ? undefined
    : parsePairs(text, path, 'Move the file away; dockpass creates a new one at the next start.')[0];
}

function isStillValid(
  certificate: X509Certificate,
  authority: X509Certificate,
  names: readonly string[],
  clock: Clock,
): boolean {
  const listed = new Set((certificate.subjectAltName ?? '').split(', '));
  const contains = (name: string): boolean =>
    isIP(name) === 0 ? listed.has(`DNS:${name}`) : certificate.checkIP(name) !== undefined;
  return (
    names.every(contains) &&
    certificate.verify(authority.publicKey) &&
    certificate.validToDate.getTime() - clock() > renewBefore
  );
}

function validity(lifetime: number, clock: Clock): { from: Date; until: Date } {
  return { from: new Date(clock() - backdate), until: new Date(clock() - backdate + lifetime) };
}
