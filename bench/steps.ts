import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { readTokenRequest } from '../src/http/token/token-request.ts';
import type { RequestContext } from '../src/http/request-context.ts';
import { createPasswordHasher } from '../src/identity/password/password-hash.ts';
import { parseSecretToken, createSecretToken } from '../src/identity/token/secret-token.ts';
import { Secret } from '../src/secret.ts';
import type { UserSubject } from '../src/policy/subject.ts';
import { openKeyRing } from '../src/keys/open-key-ring.ts';
import { loadConfig } from '../src/config/load.ts';
import { decide, type Policy } from '../src/policy/decide.ts';
import { rightsOfRole } from '../src/policy/rights.ts';
import { noRules } from '../src/policy/rule-index.ts';
import { parseHost } from '../src/net/host.ts';
import { resolveRealm } from '../src/realm/resolve-realm.ts';
import { parseScopes } from '../src/scope/parse-scopes.ts';
import { cacheUntilChanged } from '../src/cache/until-changed.ts';
import { createSigner } from '../src/token/sign.ts';
import { median } from './median.ts';

/** The steps of a request, by their names in docs/scale.md. */
export const stepNames = [
  'read the request and its scope',
  'look the user up, in memory',
  'decide',
  'sign a new token, ES256',
  'sign a new token, EdDSA',
  'sign a new token, RS256',
  'share the token of this second',
  'check an access token, SHA-256',
  'check a password, argon2id',
] as const;
export type StepName = (typeof stepNames)[number];

/** Processor time of all threads, in microseconds. */
export type Steps = Readonly<Record<StepName, number>>;

interface Step {
  readonly name: StepName;
  /** How often the step is repeated in one measurement. */
  readonly times: number;
  readonly work: (at: number) => unknown;
}

/** The number of threads in Node's thread pool. As many signatures run at once, because a single one costs more. */
const atOnce = 4;

/**
 * Measures each step in this process, in several rounds, and takes the median.
 * @param directory where keys for the measurement are created
 */
export async function measureSteps(rounds: number, directory: string): Promise<Steps> {
  const steps = await stepsWith(directory);
  const costs = new Map(steps.map((step) => [step, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const step of steps) {
      const cost = await costOf(step, (round + 2) * 1_000_000);
      // The first round does not count, because V8 still compiles the code.
      if (round >= 0) costs.get(step)?.push(cost);
    }
  }
  return Object.fromEntries(steps.map((step) => [step.name, median(costs.get(step) ?? [])])) as Record<
    StepName,
    number
  >;
}

async function costOf({ times, work }: Step, first: number): Promise<number> {
  const begin = process.cpuUsage();
  for (let at = 0; at < times; at += atOnce)
    await Promise.all(Array.from({ length: atOnce }, (_, more) => work(first + at + more)));
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / times;
}

async function stepsWith(directory: string): Promise<Step[]> {
  const alice: UserSubject = {
    kind: 'user',
    name: 'alice',
    admin: false,
    groups: [],
    rights: rightsOfRole('writer'),
    only: undefined,
    through: 'password',
  };
  const policy: Policy = { publicRepositories: [], catalog: 'admins', publicCatalog: true, rules: noRules };
  const realm = resolveRealm(parseHost('registry.example.com'), {
    publicDomains: [],
    externalHost: undefined,
  });
  const grantsFor = (at: number) =>
    decide(alice, realm, parseScopes([`repository:team/app-${at}:pull,push`]), policy, '192.0.2.1');
  const find = cacheUntilChanged({ changes: () => 0 }, async () => alice);
  const hasher = createPasswordHasher();
  const password = new Secret('correct horse battery staple');
  const passwordHash = await hasher.hash(password);
  const accessToken = createSecretToken('dpp_', 20).text.reveal();
  const scopes = parseScopes(['repository:library/alpine:pull,push']);
  const same = decide(alice, realm, scopes, policy, '192.0.2.1');
  const signNew = async (algorithm: string) => {
    const flags = { 'keys.directory': join(directory, `keys-${algorithm}`), 'keys.algorithm': algorithm };
    const config = await loadConfig({ environment: {}, flags });
    const ring = await openKeyRing(config.keys, Date.now);
    return createSigner(ring, { ...config.tokens, issuer: 'i', service: 's' }, Date.now);
  };
  const [es256, eddsa, rs256] = [await signNew('ES256'), await signNew('EdDSA'), await signNew('RS256')];
  return [
    {
      name: 'read the request and its scope',
      times: 4000,
      work: async (at) => parseScopes((await read(at)).scopes),
    },
    { name: 'look the user up, in memory', times: 40_000, work: (at) => find(`user-${at % 1000}`) },
    { name: 'decide', times: 4000, work: () => decide(alice, realm, scopes, policy, '192.0.2.1') },
    { name: 'sign a new token, ES256', times: 1000, work: (at) => es256(alice, grantsFor(at)) },
    { name: 'sign a new token, EdDSA', times: 1000, work: (at) => eddsa(alice, grantsFor(at)) },
    { name: 'sign a new token, RS256', times: 200, work: (at) => rs256(alice, grantsFor(at)) },
    { name: 'share the token of this second', times: 4000, work: () => es256(alice, same) },
    { name: 'check an access token, SHA-256', times: 4000, work: () => parseSecretToken(accessToken) },
    {
      name: 'check a password, argon2id',
      times: 8,
      work: () => hasher.verify(password, passwordHash),
    },
  ];
}

/** Uses another scope each time, because repeated scopes are cached. */
function read(at: number) {
  const context: RequestContext = {
    host: parseHost('registry.example.com'),
    address: '192.0.2.1',
    client: 'bench',
    authorization: undefined,
    path: '/auth/token',
    peerIsTrusted: true,
    query: `service=registry&scope=repository:team/app-${at}:pull,push`,
  };
  return readTokenRequest({ method: 'GET' } as IncomingMessage, context);
}
