import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createIdentify, type Identify } from '../../../src/identity/federated/identify.ts';
import { createJwtVerifier } from '../../../src/identity/federated/verifier.ts';
import { Secret } from '../../../src/secret.ts';
import type { TrustRule } from '../../../src/trust/trust-rule.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { buildkite } from '../../support/trust/claims/buildkite.ts';
import { circleci } from '../../support/trust/claims/circleci.ts';
import type { ClaimSet, PlatformClaims } from '../../support/trust/claims/claim-set.ts';
import { forgejo } from '../../support/trust/claims/forgejo.ts';
import { github } from '../../support/trust/claims/github.ts';
import { gitlab } from '../../support/trust/claims/gitlab.ts';
import { jenkins } from '../../support/trust/claims/jenkins.ts';
import { newIssuerKey, signJwt, type IssuerKey } from '../../support/trust/issuer.ts';
import { platformPages, settingsOf, type PlatformPage } from '../../support/trust/platform-pages.ts';

// The JWTs of the platforms, with their headers, times and key sets, come through verification to the rule on the page
// of the platform.

interface Form {
  readonly claims: PlatformClaims;
  /** Members of the header besides `alg` and `kid`. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** The public key as the platform publishes it. */
  readonly publish?: (jwk: IssuerKey['publicJwk']) => Readonly<Record<string, unknown>>;
  /** How many seconds `nbf` is before `iat`. Undefined if there is no `nbf`. */
  readonly notBefore?: number;
}

const thumbprint = 'ykNaY4qM_ta4k2TgZOCEYLkcYlA';

const forms: Readonly<Record<PlatformPage['name'], Form>> = {
  github: {
    claims: github,
    header: { typ: 'JWT', x5t: thumbprint },
    // GitHub also publishes a certificate, which is no part of the decision.
    publish: (jwk) => ({ ...jwk, x5t: thumbprint, x5c: ['bm90IGEgY2VydGlmaWNhdGU='] }),
    notBefore: 600,
  },
  gitlab: { claims: gitlab, header: { typ: 'JWT' }, notBefore: 5 },
  buildkite: { claims: buildkite, header: { typ: undefined }, notBefore: 0 },
  circleci: { claims: circleci, header: { typ: 'JWT' } },
  forgejo: { claims: forgejo, header: { typ: 'JWT' }, notBefore: 0 },
  jenkins: {
    claims: jenkins,
    header: { typ: 'JWT' },
    // The plugin writes the modulus with the zero byte that Java puts before it.
    publish: (jwk) => ({
      ...jwk,
      n: Buffer.concat([Buffer.of(0), Buffer.from(jwk.n ?? '', 'base64url')]).toString('base64url'),
    }),
  },
};

const noKeys = () => Promise.reject(new Error('the key sets are files'));

describe.each(platformPages)('a JWT of $name', (page) => {
  const { claims, header = {}, publish = (jwk) => jwk, notBefore } = forms[page.name];
  let key: IssuerKey;
  let rule: TrustRule;
  let identify: Identify;
  beforeAll(async () => {
    const directory = await temporaryDirectory('keys');
    // In Jenkins, the id of a key is the id of the credential.
    key = await newIssuerKey('RS256', 'registry-jwt');
    await writeFile(join(directory, 'keys.json'), JSON.stringify({ keys: [publish(key.publicJwk)] }));
    const { trust } = await settingsOf(page);
    const config = await configIn(directory, {
      trust: trust.map((written) => ({ ...(written as object), jwks: 'keys.json' })),
    });
    rule = config.trust[0] ?? expect.fail('no rule');
    const verifier = createJwtVerifier({
      store: { issuerKeys: { find: noKeys, save: noKeys } as never },
      clock: Date.now,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    afterwards(() => verifier.close());
    identify = createIdentify({ rules: () => Promise.resolve([rule]), verifier });
  });

  const sign = (job: ClaimSet): Promise<string> => {
    const iat = Math.floor(Date.now() / 1000);
    const times = {
      iat,
      exp: iat + claims.lifetime,
      ...(notBefore !== undefined && { nbf: iat - notBefore }),
    };
    return signJwt(key, { ...job.claims, ...times }, header);
  };

  test.each(Object.entries(claims.accepted))('is accepted: %s', async (_name, job) => {
    expect(await identify(new Secret(await sign(job)))).toMatchObject({
      kind: 'accepted',
      subject: { kind: 'ci', name: 'acme-app' },
    });
  });

  test.each(Object.entries(claims.denied))('is denied: %s', async (_name, job) => {
    const problem = { iss: 'unknown issuer', aud: 'audience' }[job.because] ?? 'no rule matches';
    expect(await identify(new Secret(await sign(job)))).toMatchObject({ kind: 'denied', problem });
  });
});
