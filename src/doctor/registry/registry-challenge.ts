import { parseRealm, summarizeAnswer, type Realm } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryAsksForToken } from './registry-asks-for-token.ts';
import { restartRegistryOr } from './registry-fix.ts';

/**
 * A host name that no client uses. If the registry copies even this host name from the Host header into the realm, the
 * registry copies every host name.
 */
const strangeHost = 'dockpass-doctor.invalid:4242';

interface Measured {
  /** The Bearer challenge in the registry's answer. If the answer has no Bearer challenge, a summary of the answer. */
  readonly challenge: Realm | string;
  /** True if the registry copies the host name from the Host header into the realm (auth.token.autoredirect). */
  readonly follows: boolean;
}

/** Checks that the registry uses the service name of this configuration, and sends clients to dockpass for tokens. */
export const registryChallenge = createProbe<Registry, Measured>({
  after: [registryAsksForToken],
  measure: async (context, registry) => ({
    challenge: await challengeUnder(context, registry, registry.target.as),
    follows: await doesRealmFollow(context, registry),
  }),
  judge: ({ challenge, follows }, registry, context) => {
    const { config } = context;
    if (typeof challenge === 'string')
      return wrong('not_a_registry', {
        problem: `${registry.url.origin} answers GET /v2/ with ${challenge}.`,
        impact:
          'This is not the answer of a registry that delegates authorization to dockpass. Such a registry answers 401 with one Bearer challenge.',
        fix: 'To the configuration of the registry, add the auth.token section of registry-config.yml, a file that "dockpass init" writes. Then restart the registry.',
      });
    if (challenge.service !== config.service)
      return wrong('wrong_service', {
        problem: `The registry requires tokens for the service "${challenge.service}". dockpass issues tokens for the service "${config.service}".`,
        impact:
          'Clients request tokens with the service name of the registry. dockpass has another service name and denies these requests, so every pull and push fails.',
        fix: restartRegistryOr(
          registry,
          registry.file?.token?.service === config.service,
          `set auth.token.service: ${config.service}`,
        ),
      });
    if (registry.behindEdge) return noFindings;
    const realm = new URL(challenge.realm, 'http://invalid');
    if (realm.pathname !== '/auth/token') return wrongPath(registry, challenge, realm, follows);
    return follows ? noFindings : judgeFixedRealm(context, registry, realm);
  },
});

function wrongPath(registry: Registry, { realm: text }: Realm, realm: URL, follows: boolean): Finding[] {
  return wrong('realm_path', {
    problem: `The registry sends clients to ${text} for tokens.`,
    impact: 'dockpass issues tokens at /auth/token. On any other path clients get 404 instead of a token.',
    fix: restartRegistryOr(
      registry,
      false,
      follows
        ? 'remove auth.token.autoredirectpath'
        : `set auth.token.autoredirect: true (recommended), or auth.token.realm: ${realm.protocol}//${realm.host}/auth/token`,
    ),
  });
}

/**
 * Checks a realm whose host name does not depend on the Host header. Such a realm is correct only if all clients use
 * the host name in the realm.
 */
function judgeFixedRealm(context: DoctorContext, registry: Registry, realm: URL): readonly Finding[] {
  const { config, domains } = context;
  const overTls = domains.some(({ reached }) => reached.state === 'open' && reached.target.tls);
  if (realm.protocol === 'http:' && overTls)
    return wrong('realm_scheme', {
      problem: `The registry sends clients to ${realm.href} for tokens, but clients use https.`,
      impact:
        'A client that used this realm would send passwords unencrypted, so crane and regclient reject a realm with http. Other clients find no server at the port of this realm.',
      fix: restartRegistryOr(
        registry,
        false,
        'set auth.token.autoredirect: true, or change http to https in auth.token.realm',
      ),
    });
  const { externalUrl } = config;
  if (externalUrl !== null)
    return realm.host === externalUrl.host
      ? noFindings
      : wrong('realm_host', {
          problem: `The registry sends clients to ${realm.href} for tokens, but externalUrl is ${externalUrl.origin}.`,
          impact: 'Clients ask for tokens at a host where dockpass does not answer.',
          fix: restartRegistryOr(registry, false, `set auth.token.realm: ${externalUrl.origin}/auth/token`),
        });
  if (domains.length > 1 || config.publicDomains.length > 0) return fixedRealm(context, registry, realm);
  const [domain] = domains;
  if (domain?.reached.state !== 'open') return noFindings;
  const name = domain.reached.target.as;
  if (realm.host === new URL(`https://${name}`).host) return noFindings;
  return wrong('realm_host', {
    problem: `The registry sends clients to ${realm.href} for tokens, but clients use the host name ${name}.`,
    impact:
      'Clients ask for tokens at a host that is not a configured domain. It is possible that this host does not exist.',
    fix: restartRegistryOr(registry, false, 'set auth.token.autoredirect: true'),
  });
}

function fixedRealm({ domains }: DoctorContext, registry: Registry, realm: URL): Finding[] {
  const names = domains.map(({ name }) => name).join(', ');
  const isPublic = domains.some(({ kind, name }) => kind === 'public' && name === realm.hostname);
  return wrong('realm_fixed', {
    problem: `The registry sends clients of every domain to ${realm.href} for tokens.`,
    impact: `Clients of all domains (${names}) ask for tokens at the same host, so dockpass cannot distinguish public domains from private domains. As a result, ${isPublic ? 'no one can push' : 'no one can pull without a login'}.`,
    fix: restartRegistryOr(
      registry,
      registry.file?.token?.autoredirect === true,
      'set auth.token.autoredirect: true',
    ),
  });
}

/**
 * Returns the Bearer challenge in the registry's answer to a request with the Host header `host`. If the answer has no
 * Bearer challenge, returns a summary of the answer.
 */
async function challengeUnder(
  { ask }: DoctorContext,
  { target }: Registry,
  host: string,
): Promise<Realm | string> {
  const answer = await ask({ ...target, as: host }, '/v2/', { 'X-Forwarded-Proto': 'https' });
  return parseRealm(answer) ?? summarizeAnswer(answer);
}

async function doesRealmFollow(context: DoctorContext, registry: Registry): Promise<boolean> {
  const challenge = await challengeUnder(context, registry, strangeHost);
  return typeof challenge !== 'string' && challenge.realm.includes(`//${strangeHost}/`);
}
