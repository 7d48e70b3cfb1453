import { parseRealm, type Realm } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { hostnameOf, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { certificate } from './certificate.ts';
import { challengeIntact } from './challenge-intact.ts';

/** Checks that the edge tells the registry which host name the client used, and whether the client used TLS. */
export const edgePassesHost = createProbe<ReachableDomain, Realm | undefined>({
  after: [certificate, challengeIntact],
  measure: async ({ ask }, { target }) => parseRealm(await ask(target, '/v2/')),
  judge: (challenge, { target }, { config, registriesAreHealthy }) => {
    if (!registriesAreHealthy || challenge === undefined) return noFindings;
    if (challenge.service !== config.service)
      return wrong('wrong_service', {
        problem: `The registry requires tokens for the service "${challenge.service}". dockpass issues tokens for the service "${config.service}".`,
        impact:
          'Clients request tokens with the service name of the registry. dockpass has another service name and denies these requests, so every pull and push fails.',
        fix: `In the registry's configuration, set auth.token.service: ${config.service}. Then restart the registry.`,
      });
    const expected = new URL('/auth/token', config.externalUrl ?? urlOf(target));
    const realm = new URL(challenge.realm, 'http://invalid');
    const problem = `Under ${urlOf(target)} the registry sends clients to ${challenge.realm} for tokens, not to ${expected.href}.`;
    return judgeRealm(realm, expected, problem, hostnameOf(target.as) !== target.as);
  },
});

function judgeRealm(realm: URL, expected: URL, problem: string, hasPort: boolean): readonly Finding[] {
  if (realm.host !== expected.host && realm.hostname === expected.hostname && hasPort)
    return wrong('edge_host_port', {
      problem,
      impact:
        'The edge drops the port from the Host header, so clients ask for tokens on a port where no server listens.',
      fix: 'nginx: in every location, set `proxy_set_header Host $http_host;`. Do not use $host, because it has no port. Caddy and Traefik keep the port by default.',
    });
  if (realm.host !== expected.host)
    return wrong('edge_host', {
      problem,
      impact:
        'The edge does not pass the Host header of the client on. So clients ask for tokens at the wrong host, and dockpass does not recognize public domains.',
      fix: 'nginx: in every location, set `proxy_set_header Host $http_host;`. Caddy: remove header_up Host. Traefik: set passHostHeader: true. If a proxy in front of the edge cannot pass on the Host header, set externalUrl in dockpass.yml.',
    });
  if (realm.protocol !== expected.protocol) return wrongScheme(realm.protocol === 'http:', problem);
  if (realm.pathname === expected.pathname) return noFindings;
  return wrong('realm_path', {
    problem,
    impact: 'dockpass issues tokens at /auth/token. On any other path clients get 404 instead of a token.',
    fix: "Remove auth.token.autoredirectpath from the registry's configuration, and restart the registry.",
  });
}

function wrongScheme(isHttp: boolean, problem: string): Finding[] {
  if (isHttp)
    return wrong('realm_scheme', {
      problem,
      impact:
        'A client that used this realm would send passwords unencrypted, so crane and regclient reject a realm with http. Other clients find no server at the port of this realm.',
      fix: 'nginx: in the location of /v2/, set `proxy_set_header X-Forwarded-Proto https;`. Caddy: set `header_up X-Forwarded-Proto https`. The value of this header must be the single word https, not a list such as "http, https".',
    });
  return wrong('realm_scheme', {
    problem,
    impact:
      'The realm makes clients use TLS for token requests, but the edge does not speak TLS. Registry 2.8 always writes https into the realm, so registry 2.8 works only behind an edge with TLS.',
    fix: 'Switch on TLS at the edge. Or use registry 3, and let the edge send X-Forwarded-Proto: http.',
  });
}
