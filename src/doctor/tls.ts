import type { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, rootCertificates } from 'node:tls';
import { messageOf } from '../errors.ts';
import { hostnameOf, type Target } from './http-request.ts';

export interface Tls {
  readonly certificate: X509Certificate;
  /** It is for the name that was asked for. */
  readonly names: boolean;
  /** docker on this machine knows who issued it, or does not ask. */
  readonly trusted: boolean;
  readonly issuer: string;
}

/** Where Go, and so docker, looks for the system's authorities (crypto/x509, root_linux.go). */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The certificate, or why there is none. */
export function examineTls(target: Target): Promise<Tls | string> {
  const name = hostnameOf(target.as);
  return new Promise((resolve) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      ...(isIP(name) === 0 && { servername: name }),
      rejectUnauthorized: false,
      ca: [...systemAuthorities(), ...dockersOwn(target.as)],
      // The name is looked at below, so that it cannot hide what is wrong with the issuer.
      checkServerIdentity: () => undefined,
    });
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer within 5 s')));
    socket.once('error', (error) => resolve(messageOf(error)));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const why = socket.authorizationError as unknown as string | null;
      // docker takes every name that leads to 127.0.0.0/8 for an insecure registry, and looks at nothing there.
      const unasked = /^(?:127\.|::1$)/.test(socket.remoteAddress ?? '');
      socket.destroy();
      if (certificate === undefined) return resolve('it shows no certificate');
      const names =
        (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
      const issuer = certificate.issuer.replaceAll('\n', ', ');
      const trusted = unasked || !why || why === 'CERT_HAS_EXPIRED' || why === 'CERT_NOT_YET_VALID';
      resolve({ certificate, names, trusted, issuer });
    });
  });
}

function systemAuthorities(): readonly string[] {
  for (const path of bundles) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // The next one, then.
    }
  }
  return rootCertificates;
}

/** /etc/docker/certs.d/HOST:PORT/*.crt */
function dockersOwn(host: string): string[] {
  const directory = join('/etc/docker/certs.d', host);
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.crt'))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  } catch {
    return [];
  }
}
