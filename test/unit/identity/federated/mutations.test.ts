import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jwtProblems } from '../../../../src/identity/federated/verification.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { randomFrom } from '../../../support/policy/random-policies.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import { newIssuerKey, signJwt } from '../../../support/trust/issuer.ts';
import { mutate } from '../../../support/trust/mutations.ts';
import { startVerifier, trustRule } from '../../../support/trust/verifier.ts';

/**
 * The number of changed JWTs. `npm run test:changed-jwts` tests 1,000,000. Each run draws other changes. To repeat a
 * failed run, set DOCKPASS_TEST_SEED to the seed that it printed.
 */
const count = Number(process.env['DOCKPASS_TEST_JWTS'] ?? 100_000);
const start = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** Three issuers. Two of them have the same name, and their keys have the same `kid`. */
async function startLab() {
  const clock = fakeClock();
  const directory = await temporaryDirectory('jwks');
  const issuers = [
    { name: 'https://one.example.com', algorithm: 'RS256', kid: 'a' },
    { name: 'https://two.example.com', algorithm: 'ES256', kid: 'a' },
    { name: 'https://two.example.com', algorithm: 'EdDSA', kid: 'a' },
  ];
  const labs = await Promise.all(
    issuers.map(async ({ name, algorithm, kid }, index) => {
      const key = await newIssuerKey(algorithm, kid);
      const jwks = join(directory, `${index}.json`);
      await writeFile(jwks, JSON.stringify({ keys: [key.publicJwk] }));
      const exp = Math.floor(clock() / 1000) + 300;
      const claims = { iss: name, aud: 'registry.example.com', exp, repository_id: '2' };
      const jwt = await signJwt(key, { ...claims, filler: 'x'.repeat(200) });
      return { jwt, rule: trustRule(name, { name: `rule-${index}`, jwks }) };
    }),
  );
  return {
    ...(await startVerifier(clock)),
    jwts: labs.map(({ jwt }) => jwt),
    rules: labs.map(({ rule }) => rule),
  };
}

test(
  `94: no changed JWT of ${count} is accepted, and each has a problem from the list`,
  { timeout: 3_600_000 },
  async () => {
    const { jwts, rules, verify } = await startLab();
    for (const jwt of jwts) expect(await verify(jwt, ...rules)).toMatchObject({ isValid: true });
    const originals = new Set(jwts);
    const known: ReadonlySet<string> = new Set(jwtProblems);
    const seen = new Set<string>();
    const check = async (seed: number): Promise<void> => {
      const random = randomFrom(seed);
      const text = mutate(random.pick(jwts), jwts, random);
      if (originals.has(text)) return;
      const verification = await verify(text, ...rules);
      const problem = verification.isValid ? 'accepted' : verification.problem;
      if (!known.has(problem))
        throw new Error(`DOCKPASS_TEST_SEED=${seed}: ${problem}: ${JSON.stringify(text)}`);
      seen.add(problem);
    };
    const together = 250;
    for (let seed = start; seed < start + count; seed += together)
      await Promise.all(Array.from({ length: together }, (_, index) => check(seed + index)));
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'algorithm',
        'malformed',
        'missing claim',
        'signature',
        'unknown issuer',
        'unknown key',
      ]),
    );
  },
);
