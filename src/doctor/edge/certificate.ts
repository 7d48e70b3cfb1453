import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { examineTls, type Tls } from '../network/tls.ts';
import { edgeReachesBoth } from './edge-reaches-us.ts';

/** The certificate of the edge, or the reason why the TLS handshake failed. Undefined if the domain uses plain HTTP. */
type TlsState = Tls | string | undefined;

/** Checks that the edge speaks TLS under each domain where clients use TLS. */
export const speaksTls = createProbe<ReachableDomain, TlsState>({
  measure: async (_context, { target }) => (target.tls ? examineTls(target) : undefined),
  judge: (tls, { target }) => {
    if (typeof tls !== 'string') return noFindings;
    return wrong('no_tls', {
      problem: `A TLS connection to ${target.as} cannot be opened: ${tls}.`,
      impact: 'Clients use TLS for every host name except localhost, so they cannot connect.',
      fix: 'Let the edge speak TLS on this port (dockpass init writes the configuration of the edge). If a TLS proxy is in front of the edge, add the line "up.tls: off" to dockpass.yml.',
    });
  },
});

interface CertificateState {
  readonly tls: TlsState;
  readonly now: number;
}

/** Checks that docker on this machine would accept the certificate of the edge. */
export const certificate = createProbe<ReachableDomain, CertificateState>({
  after: [edgeReachesBoth],
  measure: async (_context, { target }) => ({
    tls: target.tls ? await examineTls(target) : undefined,
    // docker compares the certificate with the system clock, which can differ from `context.clock`.
    now: Date.now(),
  }),
  judge: ({ tls, now }, { target, hostname }) => {
    if (tls === undefined || typeof tls === 'string') return noFindings;
    if (!tls.names)
      return wrong('certificate_name', {
        problem: `The certificate that the edge presents under ${hostname} is for ${tls.certificate.subjectAltName?.replaceAll('DNS:', '') ?? 'no name'}.`,
        impact: 'Every client rejects the connection: "certificate is valid for …, not …".',
        fix: `Get a certificate that includes ${hostname}, and set its path in the edge's configuration. If "dockpass up" starts the edge, add the line "up.tls: CERTIFICATE,KEY" to dockpass.yml instead.`,
      });
    const [from, until] = [tls.certificate.validFromDate, tls.certificate.validToDate];
    if (until.getTime() <= now || from.getTime() > now)
      return wrong('certificate_expired', {
        problem: `The certificate of ${hostname} is valid from ${from.toISOString()} to ${until.toISOString()}. The time is ${new Date(now).toISOString()}.`,
        impact: 'Every client rejects the connection.',
        fix: 'Renew the certificate and reload the edge. If the dates of the certificate are right, the clock of this machine is wrong. To correct the clock, run: timedatectl set-ntp true',
      });
    if (!tls.trusted)
      return wrong('certificate_untrusted', {
        problem: `docker on this machine does not trust the certificate authority that issued the certificate of ${target.as} (${tls.issuer}).`,
        impact:
          'docker rejects the connection with "certificate signed by unknown authority". Clients on other machines also reject the connection if they do not trust the certificate authority. If this is a public certificate authority, a possible cause is that the edge does not send the intermediate certificates.',
        fix: `On each client, copy the CA certificate to /etc/docker/certs.d/${target.as}/ca.crt. Or use a certificate from a public certificate authority, and let the edge send all intermediate certificates. If "dockpass up" starts the edge, you can add the line "up.tls: acme" to dockpass.yml instead.`,
      });
    const left = until.getTime() - now;
    const notice = Math.min(14 * 24 * 3600_000, (until.getTime() - from.getTime()) / 10);
    if (left >= notice) return noFindings;
    return warning('certificate_expired', {
      problem: `The certificate of ${hostname} expires on ${until.toISOString()}.`,
      impact: 'After that date, every client rejects the connection.',
      fix: 'Renew the certificate and reload the edge.',
    });
  },
});
