import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import { examineTls } from '../tls.ts';
import type { ReachableDomain } from '../domains.ts';

/** Does the edge speak TLS where clients will? */
export async function speaksTls({ target }: ReachableDomain): Promise<readonly Finding[]> {
  const tls = target.tls ? await examineTls(target) : undefined;
  if (typeof tls !== 'string') return noFindings;
  return wrong('no_tls', {
    problem: `no TLS connection to ${target.as}: ${tls}.`,
    impact: 'Clients speak TLS to every name but localhost.',
    fix: 'Let the edge speak TLS on this port (dockpass init writes its configuration); or set up.tls: off, where a TLS proxy stands in front of it.',
  });
}

/** Would docker on this machine accept the certificate? */
export async function certificate({ target, hostname }: ReachableDomain): Promise<readonly Finding[]> {
  const tls = target.tls ? await examineTls(target) : '';
  if (typeof tls === 'string') return noFindings;
  if (!tls.names)
    return wrong('certificate_name', {
      problem: `under ${hostname} the edge shows a certificate for ${tls.certificate.subjectAltName?.replaceAll('DNS:', '') ?? 'no name'}.`,
      impact: 'Every client refuses the connection: "certificate is valid for …, not …".',
      fix: `Get a certificate that holds ${hostname}, too, and name it in the edge's configuration (or up.tls: CERTIFICATE,KEY).`,
    });
  const [from, until] = [tls.certificate.validFromDate, tls.certificate.validToDate];
  const now = Date.now();
  if (until.getTime() <= now || from.getTime() > now)
    return wrong('certificate_expired', {
      problem: `the certificate of ${hostname} is valid from ${from.toISOString()} to ${until.toISOString()}; it is ${new Date(now).toISOString()}.`,
      impact: 'Every client refuses the connection.',
      fix: "Renew it, and reload the edge. If the dates are right, this machine's clock is not: timedatectl set-ntp true",
    });
  if (!tls.trusted)
    return wrong('certificate_untrusted', {
      problem: `the certificate of ${target.as} is from an authority that docker on this machine does not know (${tls.issuer}).`,
      impact:
        'docker refuses with "certificate signed by unknown authority"; so does every machine that does not have it.',
      fix: `On each client: put the authority's certificate into /etc/docker/certs.d/${target.as}/ca.crt. Or take a certificate that everybody trusts (up.tls: acme).`,
    });
  const left = until.getTime() - now;
  const notice = Math.min(14 * 24 * 3600_000, (until.getTime() - from.getTime()) / 10);
  if (left >= notice) return noFindings;
  return warning('certificate_expired', {
    problem: `the certificate of ${hostname} ends on ${until.toISOString()}.`,
    impact: 'From then on every client refuses the connection.',
    fix: 'Renew it, and reload the edge.',
  });
}
