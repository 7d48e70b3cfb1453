import type { Leaf } from '../../keys/signing/signing-key.ts';
import { tokenErrorOf } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { sendRequest, type HttpAnswer } from '../network/http-request.ts';
import { leafValid } from '../local/leaf-valid.ts';
import type { OwnKeys } from '../own-keys.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken, type TokenChange } from '../probe-token.ts';
import { registryChallenge } from './registry-challenge.ts';
import { registryClock } from './registry-clock.ts';
import { judgeRegistryFile } from './registry-file-faults.ts';
import { restartRegistryOr } from './registry-fix.ts';
import { registryKnowsAlgorithm } from './registry-knows-algorithm.ts';

/**
 * How the registry treats a set of tokens, each of which differs from a normal token in one property. A registry
 * answers "invalid_token" to every invalid token, so only this comparison distinguishes the causes.
 */
type Trust =
  | { readonly state: 'trusted' | 'not asked' | 'untrusted' | 'rejects x5c' | 'rejects other leaves' }
  /**
   * `issuer` is the issuer that the registry requires; undefined if doctor tried no issuer that the registry accepts.
   */
  | { readonly state: 'requires another issuer'; readonly issuer: string | undefined }
  | {
      readonly state: 'key id unknown';
      readonly olderIsKnown: boolean;
      /**
       * True if the registry accepts a token that is signed with the unknown key, when the token contains the
       * certificate of this key (x5c).
       */
      readonly certificateIsTrusted: boolean;
    };

/** Checks that the registry accepts our tokens, now and after the next rotation. */
export const registryTrustsUs = createProbe<Registry, Trust>({
  after: [registryClock, registryChallenge, registryKnowsAlgorithm],
  measure: measureTrust,
  judge: (trust, registry, context) => {
    switch (trust.state) {
      case 'trusted':
      case 'not asked':
        return noFindings;
      case 'rejects other leaves':
        return leafInBundle(registry);
      case 'key id unknown':
        return onlyKnown(context, registry) ?? keyIdUnknown(registry, trust);
      case 'requires another issuer': {
        const { issuer } = context.config;
        if (trust.issuer !== undefined) return wrongIssuer(registry, issuer, `the issuer "${trust.issuer}"`);
        return onlyKnown(context, registry) ?? wrongIssuer(registry, issuer, 'another issuer');
      }
      case 'rejects x5c':
        return onlyKnown(context, registry) ?? rejectsX5c(registry);
      case 'untrusted':
        return onlyKnown(context, registry) ?? untrusted(registry, context.keys);
    }
  },
});

/**
 * The findings from the registry's own configuration file; undefined if there are none. These findings are more certain
 * than a conclusion from the registry's answers.
 */
function onlyKnown(context: DoctorContext, registry: Registry): readonly Finding[] | undefined {
  const known = judgeRegistryFile(context, registry);
  return known.length > 0 ? known : undefined;
}

async function measureTrust(context: DoctorContext, registry: Registry): Promise<Trust> {
  const { config, keys } = context;
  // If the leaf certificate is not valid, every registry rejects our tokens. `leafValid` has already reported this.
  if (keys === undefined || (await leafValid.run(context, undefined)).length > 0)
    return { state: 'not asked' };
  const verdict = async (change: TokenChange = {}): Promise<Verdict> => {
    const headers = bearer(await createProbeToken(context, change));
    return verdictOf(await sendRequest(registry.target, '/v2/', { headers }));
  };

  const isAccepted = (await verdict()) === 'accepted';
  if (isAccepted && config.keys.mode === 'x5c') {
    const rejectsNext = keys.next !== undefined && (await verdict({ leaf: keys.next })) === 'rejected';
    return { state: rejectsNext ? 'rejects other leaves' : 'trusted' };
  }
  if (isAccepted) {
    // A new leaf certificate is published some time before it signs tokens. So the registry must already accept a token
    // that the newest leaf certificate signs.
    const newest = keys.leaves.at(-1) ?? keys.current;
    return (await verdict({ leaf: newest })) === 'rejected'
      ? measureKeyId(keys, newest, verdict)
      : { state: 'trusted' };
  }
  for (const issuer of likelyIssuers(registry, config.issuer))
    if ((await verdict({ issuer })) === 'accepted') return { state: 'requires another issuer', issuer };
  // Registry 3 checks the key before it verifies the signature. So its answer to a token with a forged signature shows
  // whether it trusts the key.
  if ((await verdict({ forged: true })) === 'key trusted')
    return { state: 'requires another issuer', issuer: undefined };
  if (config.keys.mode === 'kid') return measureKeyId(keys, keys.current, verdict);
  return { state: (await verdict({ mode: 'kid' })) === 'accepted' ? 'rejects x5c' : 'untrusted' };
}

async function measureKeyId(
  keys: OwnKeys,
  unknown: Leaf,
  verdict: (change: TokenChange) => Promise<Verdict>,
): Promise<Trust> {
  const certificateIsTrusted = (await verdict({ mode: 'x5c', leaf: unknown })) === 'accepted';
  let olderIsKnown = false;
  for (const leaf of keys.leaves)
    if (leaf !== unknown) olderIsKnown ||= (await verdict({ leaf })) === 'accepted';
  return { state: 'key id unknown', olderIsKnown, certificateIsTrusted };
}

type Verdict = 'accepted' | 'rejected' | 'key trusted';

function verdictOf(answer: HttpAnswer): Verdict {
  if (answer.status === 200) return 'accepted';
  return tokenErrorOf(answer) === undefined ? 'key trusted' : 'rejected';
}

/**
 * The issuers that the registry may require: the issuer in its file, those in common tutorials and examples, and the
 * registry's host name.
 */
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

function wrongIssuer(registry: Registry, issuer: string, expected: string): Finding[] {
  return wrong('wrong_issuer', {
    problem: `The registry rejects tokens of the issuer "${issuer}". It expects ${expected}.`,
    impact: 'Logging in works, but every pull and push is denied.',
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
      'The registry accepts tokens that the current leaf certificate signs, but not tokens that another leaf certificate of the same certificate authority signs.',
    impact:
      'The rootcertbundle of the registry contains the current leaf certificate instead of the certificate of the authority. After the next rotation every pull and push fails.',
    fix: restartRegistryOr(
      registry,
      false,
      'set auth.token.rootcertbundle to the rootcertbundle.pem in the keys folder (dockpass keys export)',
    ),
  });
}

function rejectsX5c(registry: Registry): Finding[] {
  return wrong('jwks_refuses_x5c', {
    problem:
      'The registry rejects a token that carries its certificate (x5c), but accepts the same token if it contains only the id of its key.',
    impact:
      'The registry has auth.token.jwks but no auth.token.rootcertbundle. In this case, registry 3 rejects every token with a certificate.',
    fix: restartRegistryOr(
      registry,
      false,
      'set auth.token.rootcertbundle in addition to jwks. Or set keys.mode: kid in dockpass.yml',
    ),
  });
}

function keyIdUnknown(
  registry: Registry,
  { olderIsKnown, certificateIsTrusted }: { olderIsKnown: boolean; certificateIsTrusted: boolean },
): Finding[] {
  const older = olderIsKnown ? ', but it knows the key id of an older leaf' : '';
  const byCertificate = certificateIsTrusted
    ? ' It accepts the same token if the token carries its certificate.'
    : '';
  const { jwks } = registry.file?.token ?? {};
  return wrong('kid_unknown', {
    problem: `The registry does not know the key id of our tokens${older}.${byCertificate}`,
    impact:
      'With keys.mode: kid, a token contains only the id of its key. So the JWKS file of the registry must contain each new leaf, and the registry reads this file only when it starts.',
    fix: certificateIsTrusted
      ? 'In dockpass.yml set keys.mode: x5c. The registry trusts the certificate authority, so it needs no restart when the signing key is rotated.'
      : `Run dockpass keys export --jwks and write the output to the file that auth.token.jwks names${jwks === undefined ? '' : ` (${jwks})`}. Then restart the registry.`,
  });
}

function untrusted(registry: Registry, keys: OwnKeys | undefined): Finding[] {
  if (registry.file?.token === undefined)
    return wrong('other_authority', {
      problem: `The registry at ${registry.url.origin} rejects a token whose leaf certificate comes from our certificate authority and whose service and times are correct.`,
      impact:
        'If the log of the registry says "token signed by untrusted key", the rootcertbundle of the registry contains another certificate authority, or the registry was not restarted after our certificate authority changed. If the log says "token from untrusted issuer", the registry expects another issuer.',
      fix: 'Run dockpass keys export and write the output to the file that auth.token.rootcertbundle names. Then restart the registry. To find the exact cause, run doctor with --registry-config FILE.',
    });
  const holds =
    (keys?.trusted.length ?? 0) > 1 ? 'both certificate authorities' : 'our certificate authority';
  return wrong('registry_not_restarted', {
    problem: `${registry.file.origin} is correct, and its rootcertbundle contains ${holds}. But the running registry rejects our tokens.`,
    impact:
      'A registry reads its rootcertbundle only when it starts. The running registry started before the file was changed.',
    fix: 'Restart the registry.',
  });
}
