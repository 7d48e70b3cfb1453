import type { Claims } from '../../../src/trust/claims.ts';
import { presetOf } from '../../../src/trust/presets.ts';
import { parseRightTemplate } from '../../../src/trust/right-template.ts';
import { keySourceOf, type TrustRule } from '../../../src/trust/trust-rule.ts';
import type { Random } from '../policy/random-policies.ts';

/** Random rules and a verified JWT. All values are chosen from short lists, so that rules often match. */
export interface TrustCase {
  readonly rules: readonly TrustRule[];
  readonly claims: Claims;
  readonly sources: readonly string[];
}

const issuers = [
  'https://token.actions.githubusercontent.com',
  'https://id.test',
  'https://id.test/',
] as const;
const keySets = [undefined, '/keys/a.json', 'https://id.test/keys'] as const;
const audiences = ['r.test', 'https://r.test', 'r.test:8443', 'R.test'] as const;
const texts = [
  'main',
  'Main',
  'refs/heads/main',
  'refs/heads/a/b',
  'refs/heads/',
  'a',
  '',
  '1',
  'true',
  '*',
] as const;
const patterns = [
  ...texts,
  'refs/heads/*',
  'refs/*/main',
  '*',
  '**',
  'm*n',
  '*/*/*',
  'refs/heads/**',
  '1*',
] as const;
const names = [
  'ref',
  'n',
  'k8s.io/ns',
  'k8s.io/sa/uid',
  'flat/name',
  '__proto__',
  'constructor',
  'k8s.io',
] as const;
const rights = [
  'team/**:pull',
  '${ref}/**:pull,push',
  'a/${k8s.io/ns}/*:push',
  '${n}/${n}:pull',
  '${flat/name}:*',
];

export function drawTrustCase(random: Random): TrustCase {
  const rules = Array.from({ length: 1 + random.below(4) }, (_, at) => drawTrustRule(random, `rule${at}`));
  const chosen = random.pick(rules);
  // The issuer of a verified JWT is that of the key sets that verify it.
  const sameIssuer = rules.filter(({ issuer }) => issuer === chosen.issuer);
  return {
    rules,
    claims: drawClaims(random, chosen.issuer),
    sources: random.chance(0.9) ? [keySourceOf(chosen)] : [keySourceOf(random.pick(sameIssuer))],
  };
}

function drawTrustRule(random: Random, name: string): TrustRule {
  const issuer = random.chance(0.7) ? issuers[0] : random.pick(issuers);
  return {
    name,
    origin: 'file',
    issuer,
    preset: presetOf(issuer),
    jwks: random.chance(0.8) ? undefined : random.pick(keySets),
    audiences: random.some(3, () => random.pick(audiences)),
    when: random.some(2, () => ({
      claim: random.pick(names),
      accepted: [random.pick(patterns), ...random.some(2, () => random.pick(patterns))],
    })),
    only: random.some(2, () => parseRightTemplate(random.pick(rights))),
    session: 0,
    isPending: false,
  };
}

function drawClaims(random: Random, issuer: string): Claims {
  const claims: Record<string, unknown> = { iss: issuer };
  const put = (key: string, value: unknown): void => {
    if (value !== undefined) Object.defineProperty(claims, key, { value, enumerable: true });
  };
  put(
    'aud',
    random.pick([random.pick(audiences), random.some(3, () => random.pick(audiences)), undefined, 7]),
  );
  for (const key of ['ref', 'n', 'flat/name']) put(key, random.chance(0.85) ? drawValue(random) : undefined);
  if (random.chance(0.1)) put('__proto__', drawValue(random));
  const nested = { ns: drawValue(random), sa: random.chance(0.7) ? { uid: drawValue(random) } : 'text' };
  put('k8s.io', random.chance(0.8) ? nested : drawValue(random));
  if (random.chance(0.1)) put('k8s.io/ns', drawValue(random));
  return claims;
}

function drawValue(random: Random): unknown {
  const single = (): unknown =>
    random.chance(0.7)
      ? random.pick(texts)
      : random.pick([1, 2, true, false, null, 2 ** 60, 1.5, {}, '../x', 'a*']);
  return random.chance(0.2) ? random.some(3, single) : single();
}
