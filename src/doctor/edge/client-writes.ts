import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import { urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { robotLogin } from './robot-login.ts';
import { inventedHost, pushAndPull, type Step, type Transfer } from './push-and-pull.ts';

/**
 * Checks that a client can push a blob and a manifest, pull both and delete both. doctor uses the token that its robot
 * account gets through the edge. If the registry does not allow deletion, doctor pushes no image, because it could not
 * delete the image afterwards. In this case, doctor only starts an upload, sends a chunk and cancels the upload.
 */
export const clientWrites = createProbe<ReachableDomain, Transfer | undefined>({
  after: [robotLogin],
  // Public domains allow pulls only, so doctor pushes under private domains only.
  measure: async (context, domain) => (domain.kind === 'private' ? pushAndPull(context, domain) : undefined),
  judge: (transfer, domain) => {
    if (transfer === undefined) return noFindings;
    const fault = [judgeLocation, judgeFailure, judgeContent, judgeRedirect]
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
      impact: 'Clients continue their uploads at this address, so every push fails or bypasses the edge.',
      fix: "Set http.relativeurls: true in the registry's configuration. nginx: set `proxy_redirect off;` and `proxy_set_header X-Forwarded-Proto https;`. Caddy: remove header_down Location.",
    });
  if (invitedLocation === undefined || !invitedLocation.host.startsWith(inventedHost)) return noFindings;
  return wrong('forwarded_host_believed', {
    problem: `If a client sends ${inventedHost} in X-Forwarded-Host and Forwarded, ${origin} tells the client to continue its upload at ${invitedLocation.origin}.`,
    impact:
      'The edge passes these two headers from the client on to the registry, and the registry trusts them. If a cache or another proxy is in front of the edge, an attacker can redirect the pushes of other users.',
    fix: 'nginx: set `proxy_set_header X-Forwarded-Host "";` and `proxy_set_header Forwarded "";`. Caddy: set `header_up -X-Forwarded-Host` and `header_up -Forwarded`. In any case, set http.relativeurls: true in the configuration of the registry.',
  });
}

function judgeFailure({ failed }: Transfer, domain: ReachableDomain): readonly Finding[] {
  if (failed === undefined) return noFindings;
  const { name, method, status, summary } = failed;
  // 413 means that the request body is larger than the edge allows. The `bodySize` probe reports such a limit.
  if (status === 413) return noFindings;
  if (isBlocked(failed))
    return wrong('method_blocked', {
      problem: `${urlOf(domain.target)} answers a ${method} request of a client with ${summary}. The failed step is "${name}".`,
      impact: `The edge blocks ${method} requests. ${method === 'DELETE' ? 'No one can delete images or cancel uploads.' : 'Every push fails.'}`,
      fix: 'nginx: remove limit_except and dav_methods from the location of /v2/. Web application firewalls: allow GET, HEAD, POST, PATCH, PUT and DELETE under /v2/.',
    });
  return wrong('round_trip', {
    problem: `${name} through ${urlOf(domain.target)} failed with ${summary}.`,
    impact: 'The registry, the edge and dockpass each answer as expected, but a push or a pull fails.',
    fix:
      status >= 500
        ? "Read the registry's log. Most often the storage of the registry is full or not writable."
        : "Read the logs of the registry and the edge. The registry's log contains the reason.",
  });
}

/**
 * Returns true if the answer to the failed request means that the edge blocks the HTTP method of the request. The
 * status 403 has this meaning too: it does not mean that the robot lacks rights, because the registry has already
 * accepted the robot's token in an earlier request.
 */
function isBlocked({ method, status }: Step): boolean {
  if (method === 'POST') return false;
  return status === 403 || status === 405 || status === 501;
}

function judgeContent({ content }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (content === undefined || content.sent === content.received) return noFindings;
  return wrong('content_changed', {
    problem: `A manifest that was pulled from ${urlOf(target)} differs from the manifest that was pushed (pushed: ${Buffer.byteLength(content.sent)} bytes, pulled: ${Buffer.byteLength(content.received)} bytes).`,
    impact: 'The content of the manifest no longer matches its digest, so every client rejects the image.',
    fix: 'nginx: remove sub_filter from the location of /v2/. Caddy: remove the replace directive. In every proxy, remove everything that rewrites or minifies answers.',
  });
}

function judgeRedirect({ redirect }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (redirect === undefined || redirect.isReachable) return noFindings;
  return wrong('blob_redirect_unreachable', {
    problem: `${urlOf(target)} redirects the download of a layer to ${redirect.origin}, where no server answers.`,
    impact:
      'The registry sends clients to its storage to download layers, but clients cannot reach this storage. Clients can pull manifests, but not layers.',
    fix: "Set storage.redirect.disable: true in the registry's configuration, and remove any storage middleware that redirects downloads. Or make the storage reachable for clients.",
  });
}

function judgeRange({ rangeStatus }: Transfer, { target }: ReachableDomain): readonly Finding[] {
  if (rangeStatus === undefined || rangeStatus === 206) return noFindings;
  return warning('range_ignored', {
    problem: `${urlOf(target)} answers a request for a part of a layer (Range) with ${rangeStatus} instead of 206.`,
    impact: 'Clients cannot resume an interrupted download. They have to download the whole layer again.',
    fix: 'nginx: remove proxy_set_header Range, max_ranges and the cache from the location of /v2/. Caddy: remove header_up -Range.',
  });
}
