import { generateKeyPair, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { createFile, readSecretFile, replaceFile } from '../../files/atomic-file.ts';
import { formatPairs, parsePairs, type StoredPair } from '../../files/pem.ts';

/** Files of a certificate that this machine vouches for itself. */
export interface SelfSigned {
  /** The server's certificate and key in one file, which is why no half of the pair can be there alone. */
  readonly server: string;
  /** What clients on other machines have to trust. */
  readonly authority: string;
}

const day = 24 * 60 * 60 * 1000;
const authorityLifetime = 10 * 365 * day;
/** Apple's clients accept no more from an authority that a person trusts by hand. */
const serverLifetime = 825 * day;
/** A running `up` looks again and again (keep-certified.ts); an edge of one's own wants a reload some time. */
const renewBefore = 60 * day;
/** Clients' clocks may run late. */
const backdate = 60 * 60 * 1000;

/** One for `init` and `up`: whoever trusts its authority for one, does so for the other. */
export function tlsDirectory({ up }: Pick<Config, 'up'>): string {
  return join(up.directory, 'tls');
}

/**
 * A small authority for TLS alone, apart from the one that registries trust, and a server certificate under it: made
 * when missing, kept, and made anew near its end or when a name is not in it.
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
  if (found === undefined || !stillGood(found, authority.certificate, names, clock)) {
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const { certify } = await import('../../keys/ca/x509.ts');
    const content = {
      commonName: names[0] ?? 'localhost',
      ...validity(serverLifetime, clock),
      use: { server: names },
    };
    await replaceFile(serverFile, formatPairs([certify(privateKey, content, authority)]), 0o600);
  }
  return { server: serverFile, authority: authorityFile };
}

async function openAuthority(path: string, clock: Clock): Promise<StoredPair> {
  const found = await readPair(path);
  if (found !== undefined) return found;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 3072 });
  const { selfSigned } = await import('../../keys/ca/x509.ts');
  const made = selfSigned(privateKey, {
    commonName: 'dockpass TLS authority',
    ...validity(authorityLifetime, clock),
    use: 'authority',
  });
  return (await createFile(path, formatPairs([made]), 0o600)) ? made : openAuthority(path, clock);
}

async function readPair(path: string): Promise<StoredPair | undefined> {
  const text = await readSecretFile(path);
  return text === undefined
    ? undefined
    : parsePairs(text, path, 'move it away, and a new one is made at the next start')[0];
}

function stillGood(
  certificate: X509Certificate,
  authority: X509Certificate,
  names: readonly string[],
  clock: Clock,
): boolean {
  const written = new Set((certificate.subjectAltName ?? '').split(', '));
  const holds = (name: string): boolean =>
    isIP(name) === 0 ? written.has(`DNS:${name}`) : certificate.checkIP(name) !== undefined;
  return (
    names.every(holds) &&
    certificate.verify(authority.publicKey) &&
    certificate.validToDate.getTime() - clock() > renewBefore
  );
}

function validity(lifetime: number, clock: Clock): { from: Date; until: Date } {
  return { from: new Date(clock() - backdate), until: new Date(clock() - backdate + lifetime) };
}
