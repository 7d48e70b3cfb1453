import { parseRealm, type Realm } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { hostnameOf, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { certificate } from './certificate.ts';
import { challengeIntact } from './challenge-intact.ts';

/** Does the registry learn the name that the client used, and that the client used TLS? */
export const edgePassesHost = createProbe<ReachableDomain, Realm | undefined>({
  after: [certificate, challengeIntact],
  measure: async ({ ask }, { target }) => parseRealm(await ask(target, '/v2/')),
  judge: (challenge, { target }, { config, registriesAreHealthy }) => {
    if (!registriesAreHealthy || challenge === undefined) return noFindings;
    if (challenge.service !== config.service)
      return wrong('wrong_service', {
        problem: `The registry says service="${challenge.service}". dockpass issues tokens for "${config.service}".`,
        impact:
          'dockpass issues no token for another service, and the registry rejects tokens for another service.',
        fix: `In the registry's configuration, set auth.token.service: ${config.service}. Then restart the registry.`,
      });
    const expected = new URL('/auth/token', config.externalUrl ?? urlOf(target));
    const realm = new URL(challenge.realm, 'http://invalid');
    const problem = `Under ${urlOf(target)} clients are sent to ${challenge.realm}, not to ${expected.href}.`;
    return judgeRealm(realm, expected, problem, hostnameOf(target.as) !== target.as);
  },
});

function judgeRealm(realm: URL, expected: URL, problem: string, hasPort: boolean): readonly Finding[] {
  if (realm.host !== expected.host && realm.hostname === expected.hostname && hasPort)
    return wrong('edge_host_port', {
      problem,
      impact:
        'The edge drops the port from the Host header, so clients ask for tokens on a port where no server listens.',
      fix: 'nginx: proxy_set_header Host $http_host; (not $host) in every location. Caddy and Traefik do so by default.',
    });
  if (realm.host !== expected.host)
    return wrong('edge_host', {
      problem,
      impact:
        'The edge does not pass on the Host header. Clients ask for tokens at the wrong host, and no domain is public.',
      fix: 'nginx: proxy_set_header Host $http_host; in every location. Caddy: remove header_up Host. Traefik: passHostHeader: true. If an outer proxy cannot do this, set externalUrl in dockpass.yml.',
    });
  if (realm.protocol !== expected.protocol) return wrongScheme(realm.protocol === 'http:', problem);
  if (realm.pathname === expected.pathname) return noFindings;
  return wrong('realm_path', {
    problem,
    impact: 'dockpass issues tokens at /auth/token. On any other path clients get 404 instead of a token.',
    fix: "Remove auth.token.autoredirectpath from the registry's configuration, and restart it.",
  });
}

function wrongScheme(isHttp: boolean, problem: string): Finding[] {
  if (isHttp)
    return wrong('realm_scheme', {
      problem,
      impact:
        'Passwords would travel unencrypted. crane and regclient reject such a realm, and other clients find no server on that port.',
      fix: 'nginx: proxy_set_header X-Forwarded-Proto https; (one word, never a list) in the location of /v2/. Caddy: header_up X-Forwarded-Proto https.',
    });
  return wrong('realm_scheme', {
    problem,
    impact:
      'Clients would use TLS with a server that does not speak it. Registry 2.8 always says https, so it works behind TLS only.',
    fix: 'Let the edge speak TLS. Or use registry 3, with X-Forwarded-Proto: http from the edge.',
  });
}
