import { parseRealm, summarizeAnswer, type Realm } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryAsksForToken } from './registry-asks-for-token.ts';
import { restartRegistryOr } from './registry-fix.ts';

/**
 * A host name that no one uses. If the registry writes even this name into the realm, it accepts every host name from
 * the Host header.
 */
const strangeHost = 'dockpass-doctor.invalid:4242';

interface Measured {
  /** The Bearer challenge of the registry, or a summary of the answer if it has no such challenge. */
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
        impact: 'A registry that delegates authorization to dockpass answers 401 with one Bearer challenge.',
        fix: 'Add the auth.token section that "dockpass init" writes (registry-config.yml), and restart the registry.',
      });
    if (challenge.service !== config.service)
      return wrong('wrong_service', {
        problem: `The registry requires tokens for the service "${challenge.service}". dockpass issues tokens for the service "${config.service}".`,
        impact:
          'Clients ask dockpass for tokens for the service of the registry. dockpass denies these requests, so every pull and push fails.',
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
 * Judges a realm whose host name does not depend on the Host header. Such a realm is correct only if all clients use
 * this host name.
 */
function judgeFixedRealm(context: DoctorContext, registry: Registry, realm: URL): readonly Finding[] {
  const { config, domains } = context;
  const overTls = domains.some(({ reached }) => reached.state === 'open' && reached.target.tls);
  if (realm.protocol === 'http:' && overTls)
    return wrong('realm_scheme', {
      problem: `The registry sends clients to ${realm.href} for tokens, but clients use https.`,
      impact:
        'Clients would send passwords unencrypted. crane and regclient reject a realm with http, and other clients find no server at the port of this realm.',
      fix: restartRegistryOr(
        registry,
        false,
        'set auth.token.autoredirect: true (or write the realm with https)',
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
    impact: 'Clients ask for tokens at a host that is not configured, and that may not exist.',
    fix: restartRegistryOr(registry, false, 'set auth.token.autoredirect: true'),
  });
}

function fixedRealm({ domains }: DoctorContext, registry: Registry, realm: URL): Finding[] {
  const names = domains.map(({ name }) => name).join(', ');
  const isPublic = domains.some(({ kind, name }) => kind === 'public' && name === realm.hostname);
  return wrong('realm_fixed', {
    problem: `The registry sends clients of every domain to ${realm.href} for tokens.`,
    impact: `dockpass cannot distinguish public domains from private domains (${names}), so ${isPublic ? 'no one can push' : 'no one can pull without a login'}.`,
    fix: restartRegistryOr(
      registry,
      registry.file?.token?.autoredirect === true,
      'set auth.token.autoredirect: true',
    ),
  });
}

/**
 * Returns the Bearer challenge that the registry sends if the Host header is `host`. If the answer has no such
 * challenge, returns a summary of the answer.
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
