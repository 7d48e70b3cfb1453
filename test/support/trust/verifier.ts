import { join } from 'node:path';
import { createJwtVerifier } from '../../../src/identity/federated/verifier.ts';
import type { JwtVerifier, Verification } from '../../../src/identity/federated/verification.ts';
import { Secret } from '../../../src/secret.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { TrustRule } from '../../../src/trust/trust-rule.ts';
import { fakeClock, type FakeClock } from '../dockpass/issuer.ts';
import { afterwards } from '../run/afterwards.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A verifier of JWTs in the process of the test, with a database of its own. */
export interface TestVerifier {
  readonly clock: FakeClock;
  readonly verifier: JwtVerifier;
  readonly store: Store;
  /** The lines that the verifier has logged so far. */
  readonly logged: readonly string[];
  verify(jwt: string, ...rules: readonly TrustRule[]): Promise<Verification>;
  /** Another verifier with the same database and clock, as after a restart or on another server. */
  another(): TestVerifier;
}

/** Starts a verifier. It is closed after the test. */
export async function startVerifier(clock = fakeClock(), store?: Store): Promise<TestVerifier> {
  return createTestVerifier(clock, store ?? (await newStore()));
}

async function newStore(): Promise<Store> {
  const store = await openStore(join(await temporaryDirectory('verifier'), 'dockpass.db'));
  afterwards(() => store.close());
  return store;
}

function createTestVerifier(clock: FakeClock, store: Store): TestVerifier {
  const logged: string[] = [];
  const log = {
    info: (line: string) => void logged.push(line),
    warn: (line: string) => void logged.push(line),
    error: (line: string) => void logged.push(line),
  };
  const verifier = createJwtVerifier({ store, clock, log });
  afterwards(() => verifier.close());
  let known: readonly TrustRule[] = [];
  return {
    clock,
    verifier,
    store,
    logged,
    verify: (jwt, ...rules) => {
      // As in the server, the list of rules is the same object until a rule changes.
      const isSame = rules.length === known.length && rules.every((rule, index) => rule === known[index]);
      if (!isSame) known = rules;
      return verifier.verify(new Secret(jwt), known);
    },
    another: () => createTestVerifier(clock, store),
  };
}

/** A rule of the configuration file that accepts every JWT of an issuer for the audience `registry.example.com`. */
export function trustRule(
  issuer: string | { readonly issuer: string },
  change: Partial<TrustRule> = {},
): TrustRule {
  return {
    name: 'acme',
    origin: 'file',
    issuer: typeof issuer === 'string' ? issuer : issuer.issuer,
    preset: undefined,
    jwks: undefined,
    audiences: ['registry.example.com'],
    when: [],
    only: [],
    session: 3600,
    isPending: false,
    ...change,
  };
}

/** Returns the problem of a rejected JWT, or `valid`. */
export function problemIn(verification: Verification): string {
  return verification.isValid ? 'valid' : verification.problem;
}
