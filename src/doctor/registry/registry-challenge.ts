import { ask } from '../http-request.ts';
import { inShort, realmIn } from '../challenge.ts';
import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient, Registry } from '../context.ts';
import { restartOr } from './registry-fix.ts';

/** No name of anybody's: a realm that follows it follows every Host. */
const strangeHost = 'dockpass-doctor.invalid:4242';

/** The service, and the realm that clients are sent to. */
export async function registryChallenge(patient: Patient, registry: Registry): Promise<readonly Finding[]> {
  const { config, doors } = patient;
  const challenge = await challengeOf(registry, registry.target.as);
  if (typeof challenge === 'string')
    return wrong('not_a_registry', {
      seen: `${registry.url.origin} answers GET /v2/ with ${challenge}.`,
      means: 'A registry that leaves authorization to dockpass answers 401 with one Bearer challenge.',
      mend: 'Give it the auth.token section that "dockpass init" writes (registry-config.yml), and restart it.',
    });
  if (challenge.service !== config.service)
    return wrong('wrong_service', {
      seen: `the registry says service="${challenge.service}"; dockpass issues tokens for "${config.service}".`,
      means:
        'A token for another service counts for nothing: dockpass refuses to issue one, and the registry to take one.',
      mend: restartOr(
        registry,
        registry.file?.token?.service === config.service,
        `set auth.token.service: ${config.service}`,
      ),
    });
  if (registry.behindEdge) return nothing;
  const realm = new URL(challenge.realm, 'http://invalid');
  const follows = await realmFollows(registry);
  if (realm.pathname !== '/auth/token')
    return wrong('realm_path', {
      seen: `the registry sends clients to ${challenge.realm}.`,
      means: 'dockpass issues tokens at /auth/token; on any other path clients get 404 instead of a token.',
      mend: restartOr(
        registry,
        false,
        follows
          ? 'leave auth.token.autoredirectpath out'
          : `set auth.token.realm: ${realm.protocol}//${realm.host}/auth/token, or better autoredirect: true`,
      ),
    });
  if (follows) return nothing;
  return fixedRealm(
    patient,
    registry,
    realm,
    doors.map(({ name }) => name),
  );
}

function fixedRealm(
  { config, doors }: Patient,
  registry: Registry,
  realm: URL,
  names: readonly string[],
): readonly Finding[] {
  const overTls = doors.some(({ reached }) => reached.state === 'open' && reached.target.tls);
  if (realm.protocol === 'http:' && overTls)
    return wrong('realm_scheme', {
      seen: `the registry sends clients to ${realm.href}, while they come by https.`,
      means:
        'Passwords would travel unencrypted; crane and regclient refuse such a realm, other clients reach no port.',
      mend: restartOr(registry, false, 'set auth.token.autoredirect: true (or write the realm with https)'),
    });
  const { externalUrl } = config;
  if (externalUrl !== null)
    return realm.host === externalUrl.host
      ? nothing
      : wrong('realm_host', {
          seen: `the registry sends clients to ${realm.href}; externalUrl is ${externalUrl.origin}.`,
          means: 'Clients ask for tokens where dockpass is not.',
          mend: restartOr(registry, false, `set auth.token.realm: ${externalUrl.origin}/auth/token`),
        });
  if (names.length > 1 || config.publicDomains.length > 0)
    return wrong('realm_fixed', {
      seen: `whatever name a client uses, the registry sends it to ${realm.href}.`,
      means: `One realm for all names: dockpass cannot tell the public door from the private ones (${names.join(', ')}), so ${doors.find(({ kind }) => kind === 'public')?.name === realm.hostname ? 'nobody can push' : 'nobody can pull without a login'}.`,
      mend: restartOr(
        registry,
        registry.file?.token?.autoredirect === true,
        'set auth.token.autoredirect: true',
      ),
    });
  const [name] = names;
  const open = doors.find(({ reached }) => reached.state === 'open')?.reached;
  if (
    name === undefined ||
    open?.state !== 'open' ||
    realm.host === new URL(`https://${open.target.as}`).host
  )
    return nothing;
  return wrong('realm_host', {
    seen: `the registry sends clients to ${realm.href}, while they know it as ${open.target.as}.`,
    means: 'Clients ask for tokens under a name that is not configured, and perhaps does not exist.',
    mend: restartOr(registry, false, 'set auth.token.autoredirect: true'),
  });
}

/** The challenge, or what came instead of one. */
async function challengeOf(registry: Registry, host: string) {
  const answer = await ask({ ...registry.target, as: host }, '/v2/', {
    headers: { 'X-Forwarded-Proto': 'https' },
  });
  return realmIn(answer) ?? inShort(answer);
}

/** Does the realm follow the Host (auth.token.autoredirect)? */
export async function realmFollows(registry: Registry): Promise<boolean> {
  const challenge = await challengeOf(registry, strangeHost);
  return typeof challenge !== 'string' && challenge.realm.includes(`//${strangeHost}/`);
}
