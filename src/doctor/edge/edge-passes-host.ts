import { sendRequest, hostnameOf, urlOf } from '../http-request.ts';
import { parseRealm } from '../challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Does the registry hear the name that the client said, and that it came by TLS? */
export async function edgePassesHost(
  { config, registriesAreHealthy }: DoctorContext,
  { target }: ReachableDomain,
): Promise<readonly Finding[]> {
  if (!registriesAreHealthy) return noFindings;
  const challenge = parseRealm(await sendRequest(target, '/v2/'));
  if (challenge === undefined) return noFindings;
  const wanted = new URL('/auth/token', config.externalUrl ?? urlOf(target));
  const realm = new URL(challenge.realm, 'http://invalid');
  const problem = `under ${urlOf(target)} clients are sent to ${challenge.realm}, not to ${wanted.href}.`;
  if (challenge.service !== config.service)
    return wrong('wrong_service', {
      problem: `the registry says service="${challenge.service}"; dockpass issues tokens for "${config.service}".`,
      impact: 'dockpass refuses to issue a token for another service, and the registry to take one of ours.',
      fix: `In the registry's configuration: set auth.token.service: ${config.service}. Then restart it.`,
    });
  if (realm.host !== wanted.host && realm.hostname === wanted.hostname && hostnameOf(target.as) !== target.as)
    return wrong('edge_host_port', {
      problem,
      impact:
        'The edge drops the port from the Host header: clients look for tokens on a port where nothing is.',
      fix: 'nginx: proxy_set_header Host $http_host; (not $host) in every location. Caddy and Traefik pass it on by themselves.',
    });
  if (realm.host !== wanted.host)
    return wrong('edge_host', {
      problem,
      impact:
        'The edge does not pass the Host header on: clients look for tokens elsewhere, and no name is public.',
      fix: 'nginx: proxy_set_header Host $http_host; in every location. Caddy: no header_up Host. Traefik: passHostHeader: true. Where an outer proxy cannot: externalUrl in dockpass.yml.',
    });
  if (realm.protocol !== wanted.protocol)
    return wrong('realm_scheme', {
      problem,
      impact:
        realm.protocol === 'http:'
          ? 'Passwords would travel unencrypted; crane and regclient refuse such a realm, other clients reach no port.'
          : 'Clients would speak TLS where nothing does; registry 2.8 always says https, and works behind TLS alone.',
      fix:
        realm.protocol === 'http:'
          ? 'nginx: proxy_set_header X-Forwarded-Proto https; (one word, never a list) in the location of /v2/. Caddy: header_up X-Forwarded-Proto https.'
          : 'Let the edge speak TLS; or take registry 3, with X-Forwarded-Proto http from the edge.',
    });
  if (realm.pathname !== wanted.pathname)
    return wrong('realm_path', {
      problem,
      impact: 'dockpass issues tokens at /auth/token; on any other path clients get 404 instead of a token.',
      fix: "Leave auth.token.autoredirectpath out of the registry's configuration, and restart it.",
    });
  return noFindings;
}
