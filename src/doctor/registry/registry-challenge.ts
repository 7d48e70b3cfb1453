import { sendRequest } from '../http-request.ts';
import { summarizeAnswer, parseRealm } from '../challenge.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { restartRegistryOr } from './registry-fix.ts';

/** No name of anybody's: a realm that follows it follows every Host. */
const strangeHost = 'dockpass-doctor.invalid:4242';

/** The service, and the realm that clients are sent to. */
export async function registryChallenge(
  patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const { config, domains } = patient;
  const challenge = await challengeOf(registry, registry.target.as);
  if (typeof challenge === 'string')
    return wrong('not_a_registry', {
      problem: `${registry.url.origin} answers GET /v2/ with ${challenge}.`,
      impact: 'A registry that leaves authorization to dockpass answers 401 with one Bearer challenge.',
      fix: 'Give it the auth.token section that "dockpass init" writes (registry-config.yml), and restart it.',
    });
  if (challenge.service !== config.service)
    return wrong('wrong_service', {
      problem: `the registry says service="${challenge.service}"; dockpass issues tokens for "${config.service}".`,
      impact:
        'A token for another service counts for nothing: dockpass refuses to issue one, and the registry to take one.',
      fix: restartRegistryOr(
        registry,
        registry.file?.token?.service === config.service,
        `set auth.token.service: ${config.service}`,
      ),
    });
  if (registry.behindEdge) return noFindings;
  const realm = new URL(challenge.realm, 'http://invalid');
  const follows = await realmFollows(registry);
  if (realm.pathname !== '/auth/token')
    return wrong('realm_path', {
      problem: `the registry sends clients to ${challenge.realm}.`,
      impact: 'dockpass issues tokens at /auth/token; on any other path clients get 404 instead of a token.',
      fix: restartRegistryOr(
        registry,
        false,
        follows
          ? 'leave auth.token.autoredirectpath out'
          : `set auth.token.realm: ${realm.protocol}//${realm.host}/auth/token, or better autoredirect: true`,
      ),
    });
  if (follows) return noFindings;
  return fixedRealm(
    patient,
    registry,
    realm,
    domains.map(({ name }) => name),
  );
}

function fixedRealm(
  { config, domains }: DoctorContext,
  registry: Registry,
  realm: URL,
  names: readonly string[],
): readonly Finding[] {
  const overTls = domains.some(({ reached }) => reached.state === 'open' && reached.target.tls);
  if (realm.protocol === 'http:' && overTls)
    return wrong('realm_scheme', {
      problem: `the registry sends clients to ${realm.href}, while they come by https.`,
      impact:
        'Passwords would travel unencrypted; crane and regclient refuse such a realm, other clients reach no port.',
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
          problem: `the registry sends clients to ${realm.href}; externalUrl is ${externalUrl.origin}.`,
          impact: 'Clients ask for tokens where dockpass is not.',
          fix: restartRegistryOr(registry, false, `set auth.token.realm: ${externalUrl.origin}/auth/token`),
        });
  if (names.length > 1 || config.publicDomains.length > 0)
    return wrong('realm_fixed', {
      problem: `whatever name a client uses, the registry sends it to ${realm.href}.`,
      impact: `One realm for all names: dockpass cannot tell the public door from the private ones (${names.join(', ')}), so ${domains.find(({ kind }) => kind === 'public')?.name === realm.hostname ? 'nobody can push' : 'nobody can pull without a login'}.`,
      fix: restartRegistryOr(
        registry,
        registry.file?.token?.autoredirect === true,
        'set auth.token.autoredirect: true',
      ),
    });
  const [name] = names;
  const open = domains.find(({ reached }) => reached.state === 'open')?.reached;
  if (
    name === undefined ||
    open?.state !== 'open' ||
    realm.host === new URL(`https://${open.target.as}`).host
  )
    return noFindings;
  return wrong('realm_host', {
    problem: `the registry sends clients to ${realm.href}, while they know it as ${open.target.as}.`,
    impact: 'Clients ask for tokens under a name that is not configured, and perhaps does not exist.',
    fix: restartRegistryOr(registry, false, 'set auth.token.autoredirect: true'),
  });
}

/** The challenge, or what came instead of one. */
async function challengeOf(registry: Registry, host: string) {
  const answer = await sendRequest({ ...registry.target, as: host }, '/v2/', {
    headers: { 'X-Forwarded-Proto': 'https' },
  });
  return parseRealm(answer) ?? summarizeAnswer(answer);
}

/** Does the realm follow the Host (auth.token.autoredirect)? */
export async function realmFollows(registry: Registry): Promise<boolean> {
  const challenge = await challengeOf(registry, strangeHost);
  return typeof challenge !== 'string' && challenge.realm.includes(`//${strangeHost}/`);
}
