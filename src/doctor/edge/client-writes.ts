import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import { urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { robotLogin } from './robot-login.ts';
import { inventedHost, pushAndPull, type Step, type Transfer } from './push-and-pull.ts';

/**
 * Pushes a blob and a manifest, pulls both and deletes them, with a token that the robot got through the edge. If
 * deletion is off in the registry, it cancels the upload instead, so that nothing is left behind.
 */
export const clientWrites = createProbe<ReachableDomain, Transfer | undefined>({
  after: [robotLogin],
  // No one can write under a public domain.
  measure: async (context, domain) => (domain.kind === 'private' ? pushAndPull(context, domain) : undefined),
  judge: (transfer, domain) => {
    if (transfer === undefined) return noFindings;
    const fault = [judgeLocation, judgeUpload, judgeFailure, judgeContent, judgeRedirect]
      .map((judge) => judge(transfer, domain))
      .find((findings) => findings.length > 0);
    return fault ?? judgeRange(transfer, domain);
  },
});

function judgeLocation(
  { location, invitedLocation }: Transfer,
  { target }: ReachableDomain,
): readonly Finding[] {
  const origin = new URL(urlOf(target)).origin;
  if (location !== undefined && location.origin !== origin)
    return wrong('location_moved', {
      problem: `${origin} tells a client to continue its upload at ${location.origin}.`,
      impact: 'Clients follow this address, so every push fails or bypasses the edge.',
      fix: "Set http.relativeurls: true in the registry's configuration. nginx: proxy_redirect off; and proxy_set_header X-Forwarded-Proto https;. Caddy: remove header_down Location.",
    });
  if (invitedLocation === undefined || !invitedLocation.host.startsWith(inventedHost)) return noFindings;
  return wrong('forwarded_host_believed', {
    problem: `If a client sends X-Forwarded-Host or Forwarded with ${inventedHost}, ${origin} tells it to continue its upload at ${invitedLocation.origin}.`,
    impact:
      'The edge passes on headers of the client that the registry believes. With a cache or a proxy in front, an attacker can redirect the pushes of others.',
    fix: 'nginx: proxy_set_header X-Forwarded-Host ""; and proxy_set_header Forwarded "";. Caddy: header_up -X-Forwarded-Host and -Forwarded. Also set http.relativeurls: true in the registry.',
  });
}

/** Each chunk continues the same upload, so the registry knows all of them or none. */
function judgeUpload(
  { location, chunks, failed }: Transfer,
  { target }: ReachableDomain,
): readonly Finding[] {
  const known = chunks.filter(({ status }) => status === 202).length;
  if (known === chunks.length || failed !== undefined) return noFindings;
  if (known === 0 && location?.search !== '')
    return wrong('query_dropped', {
      problem: `An upload that the registry behind ${urlOf(target)} has just started is unknown under its own address (${chunks[0]?.status}).`,
      impact:
        'The address has a query with the state of the upload, and the edge drops or changes it. So every push fails.',
      fix: 'nginx: write proxy_pass without a variable and without a path (proxy_pass http://127.0.0.1:5000;), or add $is_args$args. Caddy: do not rewrite the URI.',
    });
  return wrong('registries_differ', {
    problem: `Of ${chunks.length} chunks of one upload through ${urlOf(target)}, the registry knew the upload of only ${known}.`,
    impact:
      'Several registries are behind the edge, and they do not share uploads. So pushes fail at random.',
    fix: 'Give all registries the same http.secret (REGISTRY_HTTP_SECRET) and the same storage, and restart them.',
  });
}

function judgeFailure({ failed }: Transfer, domain: ReachableDomain): readonly Finding[] {
  if (failed === undefined) return noFindings;
  const { name, method, status, summary } = failed;
  // The probe for body sizes finds the limit.
  if (status === 413) return noFindings;
  if (isBlocked(failed))
    return wrong('method_blocked', {
      problem: `${urlOf(domain.target)} answers ${method} (${name}) with ${summary}.`,
      impact: `The edge does not let ${method} through. ${method === 'DELETE' ? 'No one can delete images or cancel uploads.' : 'Every push fails.'}`,
      fix: 'nginx: remove limit_except and dav_methods from the location of /v2/. Web application firewalls: allow GET, HEAD, POST, PATCH, PUT and DELETE there.',
    });
  return wrong('round_trip', {
    problem: `${name} at ${urlOf(domain.target)} was answered with ${summary}.`,
    impact: 'Each part answers as it should, but a push or a pull fails.',
    fix:
      status !== undefined && status >= 500
        ? "Read the registry's log. Most often its storage is full or cannot be written."
        : "Read the logs of the registry and the edge. The registry's log has the reason.",
  });
}

/** The registry accepted the token for an earlier step, so it does not deny a later one for lack of rights. */
function isBlocked({ method, status }: Step): boolean {
  if (method === 'POST') return false;
  return status === 403 || status === 405 || status === 501;
}

function judgeContent({ content }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (content === undefined || content.sent === content.received) return noFindings;
  return wrong('content_changed', {
    problem: `A manifest came back from ${urlOf(target)} with other bytes than were pushed (${content.sent.length} and ${content.received.length} bytes).`,
    impact: 'Its digest does not match any more, so every client rejects the image.',
    fix: 'nginx: remove sub_filter from the location of /v2/. Caddy: remove replace. Remove everything that rewrites or minifies answers.',
  });
}

function judgeRedirect({ redirect }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (redirect === undefined || redirect.isReachable) return noFindings;
  return wrong('blob_redirect_unreachable', {
    problem: `${urlOf(target)} redirects the download of a layer to ${redirect.origin}, where no server answers.`,
    impact:
      'The registry sends clients to its storage, and they cannot reach it. Manifests can be pulled, but no layers.',
    fix: "Set storage.redirect.disable: true in the registry's configuration and remove the middleware for redirects, or make the storage reachable for clients.",
  });
}

function judgeRange({ rangeStatus }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (rangeStatus === undefined || rangeStatus === 206) return noFindings;
  return warning('range_ignored', {
    problem: `${urlOf(target)} answers a request for a part of a layer (Range) with ${rangeStatus} instead of 206.`,
    impact: 'Clients cannot resume a broken download. They start large layers again from the beginning.',
    fix: 'nginx: remove proxy_set_header Range, max_ranges and the cache from the location of /v2/. Caddy: remove header_up -Range.',
  });
}
