import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { examineTls, type Tls } from '../network/tls.ts';
import { edgeReachesBoth } from './edge-reaches-us.ts';

/** Undefined for plain HTTP; the reason if the TLS handshake fails. */
type TlsState = Tls | string | undefined;

/** Does the edge speak TLS if clients will? */
export const speaksTls = createProbe<ReachableDomain, TlsState>({
  measure: async (_context, { target }) => (target.tls ? examineTls(target) : undefined),
  judge: (tls, { target }) => {
    if (typeof tls !== 'string') return noFindings;
    return wrong('no_tls', {
      problem: `There is no TLS connection to ${target.as}: ${tls}.`,
      impact: 'Clients use TLS for every name but localhost.',
      fix: 'Let the edge speak TLS on this port (dockpass init writes its configuration). If a TLS proxy is in front of it, set up.tls: off.',
    });
  },
});

interface CertificateState {
  readonly tls: TlsState;
  readonly now: number;
}

/** Would docker on this machine accept the certificate? */
export const certificate = createProbe<ReachableDomain, CertificateState>({
  after: [edgeReachesBoth],
  measure: async (_context, { target }) => ({
    tls: target.tls ? await examineTls(target) : undefined,
    // The clock of the context may be another one than that of docker.
    now: Date.now(),
  }),
  judge: ({ tls, now }, { target, hostname }) => {
    if (tls === undefined || typeof tls === 'string') return noFindings;
    if (!tls.names)
      return wrong('certificate_name', {
        problem: `Under ${hostname} the edge shows a certificate for ${tls.certificate.subjectAltName?.replaceAll('DNS:', '') ?? 'no name'}.`,
        impact: 'Every client rejects the connection: "certificate is valid for …, not …".',
        fix: `Get a certificate that includes ${hostname}, and name it in the edge's configuration (or up.tls: CERTIFICATE,KEY).`,
      });
    const [from, until] = [tls.certificate.validFromDate, tls.certificate.validToDate];
    if (until.getTime() <= now || from.getTime() > now)
      return wrong('certificate_expired', {
        problem: `The certificate of ${hostname} is valid from ${from.toISOString()} to ${until.toISOString()}. The time is ${new Date(now).toISOString()}.`,
        impact: 'Every client rejects the connection.',
        fix: "Renew the certificate and reload the edge. If the dates are right, this machine's clock is wrong: timedatectl set-ntp true",
      });
    if (!tls.trusted)
      return wrong('certificate_untrusted', {
        problem: `docker on this machine does not trust the certificate authority that issued the certificate of ${target.as} (${tls.issuer}).`,
        impact:
          'docker rejects the connection with "certificate signed by unknown authority". So does every machine that does not have this authority. If a public authority issued the certificate, the edge may send it without the intermediate certificates.',
        fix: `On each client, copy the authority's certificate to /etc/docker/certs.d/${target.as}/ca.crt. Or use a publicly trusted certificate with its whole chain (up.tls: acme).`,
      });
    const left = until.getTime() - now;
    const notice = Math.min(14 * 24 * 3600_000, (until.getTime() - from.getTime()) / 10);
    if (left >= notice) return noFindings;
    return warning('certificate_expired', {
      problem: `The certificate of ${hostname} expires on ${until.toISOString()}.`,
      impact: 'After that, every client rejects the connection.',
      fix: 'Renew the certificate and reload the edge.',
    });
  },
});
