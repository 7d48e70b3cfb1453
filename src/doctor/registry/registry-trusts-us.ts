import { noFindings, wrong, type Finding } from '../finding.ts';
import type { Leaf } from '../../keys/signing/signing-key.ts';
import { bearer, createProbeToken, type DoctorContext, type Registry, type TokenChange } from '../context.ts';
import { sendRequest, type HttpAnswer } from '../http-request.ts';
import { parseChallenges } from '../challenge.ts';
import { fileFaults } from './registry-file-faults.ts';
import { restartRegistryOr } from './registry-fix.ts';
import { leafValid } from '../local/leaf-valid.ts';

/**
 * Does the registry take our tokens, today and after the next rotation? A registry says "invalid_token" to whatever is
 * wrong with one, so tokens that differ in one thing each are what tells the causes apart.
 */
export async function registryTrustsUs(
  patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const { config, keys } = patient;
  // A leaf that is over is refused by all, and told of already.
  if (keys === undefined || (await leafValid(patient)).length > 0) return noFindings;
  const verdict = async (change: TokenChange = {}): Promise<Verdict> =>
    verdictOf(
      await sendRequest(registry.target, '/v2/', {
        headers: bearer(await createProbeToken(patient, change)),
      }),
    );

  const current = await verdict();
  if (current === 'accepted') {
    if (config.keys.mode === 'x5c')
      return keys.next !== undefined && (await verdict({ leaf: keys.next })) === 'refused'
        ? leafInBundle(registry)
        : noFindings;
    // A leaf is published for a moment before it signs.
    const newest = keys.leaves.at(-1) ?? keys.current;
    return (await verdict({ leaf: newest })) === 'refused'
      ? kidUnknown(patient, registry, verdict, newest)
      : noFindings;
  }
  for (const issuer of likelyIssuers(registry, config.issuer))
    if ((await verdict({ issuer })) === 'accepted')
      return wrongIssuer(registry, config.issuer, `the issuer "${issuer}"`);
  const known = fileFaults(patient, registry);
  if (known.length > 0) return known;
  // Registry 3 has looked at the key before it says anything about the signature.
  if ((await verdict({ forged: true })) === 'key trusted')
    return wrongIssuer(registry, config.issuer, 'another issuer');
  if (config.keys.mode === 'x5c' && (await verdict({ mode: 'kid' })) === 'accepted')
    return refusesX5c(registry);
  if (config.keys.mode === 'kid') return kidUnknown(patient, registry, verdict, keys.current);
  return registry.file?.token === undefined
    ? untrusted(registry)
    : notRestarted(registry, keys.trusted.length);
}

type Verdict = 'accepted' | 'refused' | 'key trusted';

function verdictOf(answer: HttpAnswer): Verdict {
  if (answer.status === 200) return 'accepted';
  return parseChallenges(answer)[0]?.parameters['error'] === undefined ? 'key trusted' : 'refused';
}

/** What registries are told in the examples that people start from. */
function likelyIssuers({ file, url }: Registry, ours: string): string[] {
  const likely = [
    ...(file?.token?.issuer === undefined ? [] : [file.token.issuer]),
    'dockpass',
    'registry',
    'docker',
    'auth',
    'Auth service',
    'Acme auth server',
    'registry-token-issuer',
    'docker-registry-token-issuer',
    'harbor-token-issuer',
    'gitlab-issuer',
    url.hostname,
  ];
  return [...new Set(likely)].filter((issuer) => issuer !== ours);
}

function wrongIssuer(registry: Registry, issuer: string, wanted: string): Finding[] {
  return wrong('wrong_issuer', {
    problem: `the registry refuses tokens of the issuer "${issuer}"; it wants ${wanted}.`,
    impact: 'Every pull and push is refused, after a login that works.',
    fix: restartRegistryOr(
      registry,
      registry.file?.token?.issuer === issuer,
      `set auth.token.issuer: ${issuer}`,
    ),
  });
}

function leafInBundle(registry: Registry): Finding[] {
  return wrong('leaf_in_bundle', {
    problem:
      'the registry takes tokens of the present leaf, but none of another leaf under the same authority.',
    impact:
      'Its rootcertbundle holds the leaf instead of the authority: with the next rotation every pull and push fails.',
    fix: restartRegistryOr(
      registry,
      false,
      'let auth.token.rootcertbundle be the rootcertbundle.pem in the keys folder (dockpass keys export)',
    ),
  });
}

function refusesX5c(registry: Registry): Finding[] {
  return wrong('jwks_refuses_x5c', {
    problem:
      'the registry refuses a token that carries its certificate (x5c), and takes the same one with its key id alone.',
    impact:
      'It knows keys by auth.token.jwks alone; a registry 3 then refuses every token with a certificate.',
    fix: restartRegistryOr(
      registry,
      false,
      'set auth.token.rootcertbundle beside jwks; or else keys.mode: kid in dockpass.yml',
    ),
  });
}

async function kidUnknown(
  { keys }: DoctorContext,
  registry: Registry,
  verdict: (change: TokenChange) => Promise<Verdict>,
  unknown: Leaf,
): Promise<Finding[]> {
  const byCertificate = (await verdict({ mode: 'x5c', leaf: unknown })) === 'accepted';
  const older = keys?.leaves.filter((leaf) => leaf !== unknown) ?? [];
  let olderIsKnown = false;
  for (const leaf of older) olderIsKnown ||= (await verdict({ leaf })) === 'accepted';
  return wrong('kid_unknown', {
    problem: `the registry does not know the key id of our tokens${olderIsKnown ? ', though it knows that of an older leaf' : ''}${byCertificate ? '; the same token with its certificate it takes' : ''}.`,
    impact:
      "Tokens name their key by its id alone (keys.mode: kid), so each new leaf has to be in the registry's JWKS file, which it reads at start.",
    fix: byCertificate
      ? 'In dockpass.yml: keys.mode: x5c. The registry trusts the authority, so no restart is ever needed.'
      : `dockpass keys export --jwks > the file that auth.token.jwks names, then restart the registry${registry.file?.token?.jwks === undefined ? '' : ` (${registry.file.token.jwks})`}.`,
  });
}

function untrusted(registry: Registry): Finding[] {
  return wrong('other_authority', {
    problem: `the registry at ${registry.url.origin} refuses a token that our authority vouches for, with the right service and times.`,
    impact:
      'Most likely its rootcertbundle is of another authority, or it was not restarted since ours changed ("token signed by untrusted key" in its log); else it wants another issuer ("token from untrusted issuer").',
    fix: 'dockpass keys export > the file that auth.token.rootcertbundle names, then restart the registry. To know for sure, add: --registry-config FILE',
  });
}

function notRestarted(registry: Registry, authorities: number): Finding[] {
  return wrong('registry_not_restarted', {
    problem: `${registry.file?.origin} is right, ${authorities > 1 ? 'with both authorities' : 'our authority'} in its rootcertbundle; yet the running registry refuses our tokens.`,
    impact: 'A registry reads its bundle once, at start: it still trusts what the file held then.',
    fix: 'Restart the registry.',
  });
}
