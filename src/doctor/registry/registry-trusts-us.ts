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
 * Whether the registry trusts our tokens, and if not, why. A registry answers "invalid_token" to every invalid token.
 * So doctor finds the cause by sending several tokens, each of which differs from a normal token in one property.
 */
type Trust =
  | { readonly state: 'trusted' | 'not asked' | 'untrusted' | 'rejects x5c' | 'rejects other leaves' }
  /**
   * `issuer` is the issuer that the registry requires; undefined if the registry accepts none of the issuers that
   * doctor tries.
   */
  | { readonly state: 'requires another issuer'; readonly issuer: string | undefined }
  | {
      readonly state: 'key id unknown';
      readonly olderIsKnown: boolean;
      /**
       * True if the registry accepts a token that contains the certificate of its signing key (x5c), although the
       * registry does not know the key id of this key.
       */
      readonly certificateIsTrusted: boolean;
    };

/** Checks that the registry accepts our tokens, both now and after the next rotation of the signing key. */
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
 * Returns the findings from the registry's configuration file, or undefined if there are none. Findings from the file
 * are more certain than conclusions from the registry's answers.
 */
function onlyKnown(context: DoctorContext, registry: Registry): readonly Finding[] | undefined {
  const known = judgeRegistryFile(context, registry);
  return known.length > 0 ? known : undefined;
}

async function measureTrust(context: DoctorContext, registry: Registry): Promise<Trust> {
  const { config, keys } = context;
  // If the leaf certificate is not valid, every registry rejects our tokens. The `leafValid` probe has already reported
  // this fault.
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
    // The registry accepts the key that signs tokens now. Also check the key of the newest leaf certificate: dockpass
    // publishes this key first and signs tokens with it later. If the registry rejects this key, it will reject all
    // tokens later.
    const newest = keys.leaves.at(-1) ?? keys.current;
    return (await verdict({ leaf: newest })) === 'rejected'
      ? measureKeyId(keys, newest, verdict)
      : { state: 'trusted' };
  }
  for (const issuer of likelyIssuers(registry, config.issuer))
    if ((await verdict({ issuer })) === 'accepted') return { state: 'requires another issuer', issuer };
  // Registry 3 checks the key before it verifies the signature. So the registry's answer to a token with a forged
  // signature shows whether the registry trusts the key.
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
 * Returns the issuers that the registry may require: the issuer in the registry's file, the issuers in common tutorials
 * and examples, and the registry's host name.
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
      'The registry accepts tokens that are signed with the key of the current leaf certificate. It rejects tokens that are signed with the key of the next leaf certificate, although both certificates come from our certificate authority.',
    impact:
      'The rootcertbundle of the registry contains the current leaf certificate instead of the certificate of our certificate authority. So every pull and push fails after the next rotation of the signing key.',
    fix: restartRegistryOr(
      registry,
      false,
      'set auth.token.rootcertbundle to the path of rootcertbundle.pem in the keys folder. If this file does not exist, write the output of "dockpass keys export" to a file and set the path of that file',
    ),
  });
}

function rejectsX5c(registry: Registry): Finding[] {
  return wrong('jwks_refuses_x5c', {
    problem:
      'The registry rejects a token that contains the certificate of its signing key (x5c). It accepts the same token if the token contains only the id of the key.',
    impact:
      'The registry has auth.token.jwks but no auth.token.rootcertbundle. With these settings, registry 3 rejects every token with a certificate.',
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
  const older = olderIsKnown ? ', but knows the key id of an older leaf certificate' : '';
  const byCertificate = certificateIsTrusted
    ? ' It accepts our tokens if they contain the certificate of the signing key (x5c).'
    : '';
  const { jwks } = registry.file?.token ?? {};
  return wrong('kid_unknown', {
    problem: `The registry does not know the key id of our tokens${older}.${byCertificate}`,
    impact:
      'With keys.mode: kid, a token contains only the id of its key. So the JWKS file of the registry must contain each new signing key, and the registry reads this file only when it starts.',
    fix: certificateIsTrusted
      ? 'In dockpass.yml, set keys.mode: x5c. The registry already trusts our certificate authority, so the registry needs no restart when the signing key is rotated.'
      : `Run dockpass keys export --jwks and write the output to the file that auth.token.jwks names${jwks === undefined ? '' : ` (${jwks})`}. Then restart the registry.`,
  });
}

function untrusted(registry: Registry, keys: OwnKeys | undefined): Finding[] {
  if (registry.file?.token === undefined)
    return wrong('other_authority', {
      problem: `The registry at ${registry.url.origin} rejects our token, although the leaf certificate comes from our certificate authority, and although the service and the times in the token are correct.`,
      impact:
        'If the log of the registry says "token signed by untrusted key", the rootcertbundle of the registry contains another certificate authority, or the registry was not restarted after our certificate authority changed. If the log says "token from untrusted issuer", the registry expects another issuer.',
      fix: 'Run dockpass keys export and write the output to the file that auth.token.rootcertbundle names. Then restart the registry. To find the exact cause, run doctor with --registry-config FILE.',
    });
  const holds =
    (keys?.trusted.length ?? 0) > 1 ? 'both certificate authorities' : 'our certificate authority';
  return wrong('registry_not_restarted', {
    problem: `${registry.file.origin} is correct, and the rootcertbundle contains ${holds}. But the running registry rejects our tokens.`,
    impact:
      'A registry reads its rootcertbundle only when it starts. The running registry started before its rootcertbundle was changed.',
    fix: 'Restart the registry.',
  });
}
