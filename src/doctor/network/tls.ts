import type { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, rootCertificates } from 'node:tls';
import { describeConnectionError } from './connection-error.ts';
import { hostnameOf, type Target } from './http-request.ts';

export interface Tls {
  readonly certificate: X509Certificate;
  /** True if the certificate is valid for the requested host name or IP address. */
  readonly names: boolean;
  /**
   * True if docker on this machine trusts the issuer of the certificate. Also true for a loopback address, because
   * docker does not verify the certificates of servers at loopback addresses.
   */
  readonly trusted: boolean;
  readonly issuer: string;
}

/**
 * The files where Go programs such as docker look for the system's certificate authorities (crypto/x509,
 * root_linux.go).
 */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Connects to a server with TLS and examines its certificate. @returns the result, or why the TLS handshake failed */
export function examineTls(target: Target): Promise<Tls | string> {
  const name = hostnameOf(target.as);
  return new Promise((resolve) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      ...(isIP(name) === 0 && { servername: name }),
      rejectUnauthorized: false,
      ca: [...systemAuthorities(), ...dockerAuthorities(target.as)],
      // Do not check the host name in the certificate during the handshake. Node reports only one error for a
      // handshake, so an error about the host name would hide that docker does not trust the issuer. The code below
      // checks the host name.
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(5000, () => socket.destroy(new Error('there was no answer within 5 s')));
    socket.once('error', (error) => resolve(describeConnectionError(error)));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const reason = socket.authorizationError as unknown as string | null;
      // docker treats each host name that resolves to a loopback address (127.0.0.0/8 or ::1) as an insecure registry,
      // so it does not verify the certificate.
      const isUnchecked = /^(?:127\.|::1$)/.test(socket.remoteAddress ?? '');
      socket.destroy();
      if (certificate === undefined) return resolve('the server sent no certificate');
      const names =
        (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
      const issuer = certificate.issuer.replaceAll('\n', ', ');
      const isOnlyOutdated = reason === 'CERT_HAS_EXPIRED' || reason === 'CERT_NOT_YET_VALID';
      const trusted = isUnchecked || !reason || isOnlyOutdated;
      resolve({ certificate, names, trusted, issuer });
    });
  });
}

function systemAuthorities(): readonly string[] {
  for (const path of systemBundles) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // A missing bundle is not a fault, because each Linux distribution has only one of these files.
    }
  }
  return rootCertificates;
}

/**
 * Returns the certificate authorities in /etc/docker/certs.d/HOST:PORT/*.crt. docker trusts them only for this host.
 */
function dockerAuthorities(host: string): string[] {
  const directory = join('/etc/docker/certs.d', host);
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.crt'))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  } catch {
    return [];
  }
}
