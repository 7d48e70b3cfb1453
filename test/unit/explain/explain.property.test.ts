import { expect, test } from 'vitest';
import { explain, type ExplainedSubject } from '../../../src/explain/explain.ts';
import { DockpassError } from '../../../src/errors.ts';
import { noCredentials, type Credentials } from '../../../src/identity/credentials.ts';
import { Secret } from '../../../src/secret.ts';
import { issueToken, type Issuer, type TokenRequest } from '../../../src/issue-token.ts';
import { parseDomain } from '../../../src/realm/domain.ts';
import { parseHost } from '../../../src/net/host.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { accessOf, claimsFor } from '../../../src/token/claims.ts';
import { quickIssuer, tokenRequest } from '../../support/dockpass/issuer-parts.ts';
import {
  drawScope,
  drawWorld,
  randomFrom,
  type Random,
  type World,
} from '../../support/policy/random-policies.ts';
import { SignedToken } from '../../../src/token/signed-token.ts';

const cases = 100_000;
/**
 * The first seed. Each run draws other cases. To repeat a failed run, set DOCKPASS_TEST_SEED to the seed that it
 * printed.
 */
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);
const tokens = { issuer: 'dockpass', service: 'registry', pullLifetime: 300, pushLifetime: 3600 };
const realms = { publicDomains: [parseDomain('pub.example.com')], externalHost: undefined };
const hosts = ['pub.example.com', 'registry.example.com'].map(parseHost);
const unreadable = ['repository:Upper:pull', 'nonsense', 'repository:a:PULL'];

/** Returns what a client receives: the access and the lifetime of its token, or the code and message of the denial. */
async function issued(request: TokenRequest, issuer: Issuer): Promise<unknown> {
  try {
    const { grants, realm, token } = await issueToken(request, issuer);
    const claims = JSON.parse(token.jwt) as { access: unknown; exp: number };
    const reasons = grants.map(({ reason }) => reason);
    return { realm: realm.kind, access: claims.access, lifetime: claims.exp, reasons };
  } catch (error) {
    if (!(error instanceof DockpassError)) throw error;
    return { code: error.code, message: error.message.replace(/ \(refusal .*\)$/, '') };
  }
}

function issuerFor({ subject, policy }: World, mayLogIn: boolean): Issuer {
  return quickIssuer({
    realms,
    policy,
    authenticators: [async () => (mayLogIn ? { verdict: 'right', subject } : { verdict: 'wrong' })],
    sign: async (who, grants) => {
      const claims = claimsFor(who, accessOf(grants), tokens, 0, 'id');
      return new SignedToken('id', JSON.stringify(claims), claims.exp, '');
    },
  });
}

function drawScopes(random: Random): string[] {
  const scopes = random.some(3, () => formatScope(drawScope(random)));
  return random.chance(0.05) ? [...scopes, random.pick(unreadable)] : scopes;
}

test(`explain agrees with the issued token in ${cases} random cases`, { timeout: 300_000 }, async () => {
  let refusals = 0;
  for (let seed = start; seed < start + cases; seed++) {
    const random = randomFrom(seed);
    const world = drawWorld(random);
    const mayLogIn = random.chance(0.9);
    const scopes = drawScopes(random);
    const host = random.pick(hosts);
    const { address, policy, subject } = world;
    const anonymous = subject.kind === 'anonymous';
    const credentials: Credentials = anonymous
      ? noCredentials
      : { kind: 'password', name: subject.name, password: new Secret('x') };
    const request: TokenRequest = { ...tokenRequest('unused'), host, address, credentials, scopes };
    const answer = await issued(request, issuerFor(world, mayLogIn));

    const who: ExplainedSubject = anonymous
      ? { kind: 'anonymous' }
      : mayLogIn
        ? { kind: 'loggedIn', subject }
        : { kind: 'cannotLogIn', account: 'user', name: subject.name, reason: 'disabled' };
    const explanation = await explain(
      { host, address, scopes, who },
      { service: 'registry', realms, policy, tokens },
    );
    if (explanation.refusal !== undefined) refusals++;
    const explained = explanation.refusal ?? {
      realm: explanation.realm.kind,
      access: explanation.token?.access,
      lifetime: explanation.token?.expiresIn,
      reasons: explanation.scopes.map(({ reason }) => reason),
    };
    // `toEqual` is slow, so it runs only if the explanation differs from the answer.
    if (JSON.stringify(explained) !== JSON.stringify(answer))
      expect({ DOCKPASS_TEST_SEED: seed, explained }).toEqual({
        DOCKPASS_TEST_SEED: seed,
        explained: answer,
      });
  }
  expect(refusals).toBeGreaterThan(cases / 100);
  expect(refusals).toBeLessThan(cases / 2);
});
