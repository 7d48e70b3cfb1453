import type { IssuerRules, SourceRules } from './issuer-rules.ts';
import type { KeySource } from './keys/key-source.ts';
import type { VerificationKeys } from './keys/verification-keys.ts';
import type { UnverifiedJwt } from './read-jwt.ts';
import { invalidJwt, type InvalidJwt, type JwtProblem } from './verification.ts';
import { verifySigned, type SignedJwt } from './verify-signed.ts';

/** What one key set says about a JWT. */
export interface SourceOutcome {
  readonly source: string;
  /** The keys that were tried. */
  readonly keys: VerificationKeys | undefined;
  /** The key that has signed the JWT (`VerificationKey.id`). */
  readonly keyId: string | undefined;
  readonly result: SignedJwt | InvalidJwt;
}

/** The problems for which the key set is read again, because its issuer may have replaced a key. */
const perhapsNewKey: ReadonlySet<JwtProblem> = new Set(['unknown key', 'signature', 'keys unavailable']);

/**
 * Verifies a JWT with each key set of its issuer. If none of them verifies it, those key sets are read again to which a
 * new key may belong, as often as the key sources allow.
 */
export async function checkSignature(
  jwt: UnverifiedJwt,
  rules: IssuerRules,
  sourceOf: (rules: SourceRules) => KeySource,
  now: number,
): Promise<readonly SourceOutcome[]> {
  const check = async (ofSource: SourceRules, keys: VerificationKeys | undefined): Promise<SourceOutcome> =>
    checkWith(jwt, keys, { ofSource, rules, source: sourceOf(ofSource), now });
  const checked = await Promise.all(
    rules.sources.map(async (ofSource) => ({
      ofSource,
      outcome: await check(ofSource, await sourceOf(ofSource).read(ofSource)),
    })),
  );
  const outcomes = checked.map(({ outcome }) => outcome);
  if (outcomes.some(({ keyId }) => keyId !== undefined)) return outcomes;
  return Promise.all(
    checked.map(async ({ ofSource, outcome }) => {
      const { result } = outcome;
      if (result.isValid || !perhapsNewKey.has(result.problem)) return outcome;
      const keys = await sourceOf(ofSource).readAgain(ofSource);
      // The same keys would find the same wrong signature again.
      const isSame = result.problem === 'signature' && outcome.keys === keys;
      return isSame ? outcome : check(ofSource, keys);
    }),
  );
}

/** Returns the outcome that says the most about why no key set has verified a JWT. */
export function mostTelling(outcomes: readonly SourceOutcome[]): InvalidJwt {
  const order: readonly JwtProblem[] = ['signature', 'keys unavailable', 'unknown key'];
  const failed = outcomes.map(({ result }) => result).filter((result) => !result.isValid);
  // If the signature is right, a claim is the problem. No other key set can say more than that.
  const rank = ({ problem }: InvalidJwt): number => order.indexOf(problem);
  const [first] = failed.sort((one, other) => rank(one) - rank(other));
  return first ?? invalidJwt('unknown key', 'No key set verifies it.');
}

interface Checked {
  readonly ofSource: SourceRules;
  readonly rules: IssuerRules;
  readonly source: KeySource;
  readonly now: number;
}

async function checkWith(
  jwt: UnverifiedJwt,
  keys: VerificationKeys | undefined,
  { ofSource: { source: name, audiences }, rules: { issuer, algorithms }, source, now }: Checked,
): Promise<SourceOutcome> {
  const failed = (problem: JwtProblem, detail: string): SourceOutcome => ({
    ...{ source: name, keys, keyId: undefined },
    result: invalidJwt(problem, detail),
  });
  const keyName = JSON.stringify(jwt.header.kid)?.slice(0, 100) ?? 'none';
  if (keys === undefined)
    return failed(
      'keys unavailable',
      `The keys of its issuer cannot be read: ${source.failure ?? 'not yet'}.`,
    );
  const fitting = await keys.find(jwt.header);
  if (fitting.length === 0) {
    const reason = keys.reasonFor(jwt.header);
    if (reason !== undefined)
      return failed('unknown key', `Its key (kid ${keyName}) is not used: ${reason}.`);
    return source.failure === undefined
      ? failed('unknown key', `The key set of its issuer does not contain its key (kid ${keyName}).`)
      : failed(
          'keys unavailable',
          `Its key (kid ${keyName}) is not known, and the keys of its issuer cannot be read: ${source.failure}.`,
        );
  }
  let outcome = failed('signature', 'Its signature is wrong.');
  for (const key of fitting) {
    const result = await verifySigned(jwt.text, key, { issuer, algorithms, audiences, now });
    const isSigned = result.isValid || result.claims !== undefined;
    outcome = { source: name, keys, keyId: isSigned ? key.id : undefined, result };
    if (isSigned) break;
  }
  return outcome;
}
