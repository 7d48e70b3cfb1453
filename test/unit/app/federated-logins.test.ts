import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createFederatedLogins, type FederatedLogins } from '../../../src/app/federated/federated-logins.ts';
import { authenticate } from '../../../src/identity/authenticate.ts';
import { createThrottle } from '../../../src/identity/throttle/throttle.ts';
import { noLog } from '../../../src/observe/log.ts';
import type { Realm } from '../../../src/realm/realm.ts';
import { Secret } from '../../../src/secret.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { quickIssuer } from '../../support/dockpass/issuer-parts.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { jobClaims, ruleOf } from '../../support/trust/federated-server.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';
import { countSignatures } from '../../support/trust/count-signatures.ts';

const clock = fakeClock();
const realm: Realm = {
  kind: 'private',
  host: { name: 'registry.example.com', port: undefined },
  because: 'not a public domain',
};
let ci: TrustIssuer;
let store: Store;
beforeAll(async () => {
  ci = await startTrustIssuer({ clock });
  store = await openStore(join(await temporaryDirectory('federated'), 'dockpass.db'));
  afterwards(() => store.close());
});

/** Returns the logins with these rules, and how many texts were checked as passwords. */
async function loginsWith(trust: readonly object[]): Promise<{
  logins: FederatedLogins;
  login: (password: string, address?: string) => Promise<string>;
  checkedPasswords: string[];
}> {
  const factory = createFederatedLogins(store, clock, noLog, createThrottle(clock));
  afterwards(() => factory.close());
  const config = await configIn(await temporaryDirectory('federated'), { trust });
  const logins = factory.forConfig(config);
  const checkedPasswords: string[] = [];
  const passwords = async ({ password }: { password: Secret }) => {
    checkedPasswords.push(password.reveal());
    return { verdict: 'wrong' } as const;
  };
  const checks = { authenticators: [logins.authenticator, passwords], sessions: quickIssuer().sessions };
  const login = (password: string, address = '192.0.2.1') =>
    authenticate(
      { kind: 'password', name: 'alice', password: new Secret(password) },
      { address },
      realm,
      checks,
    ).then(
      (subject) => (subject.kind === 'ci' ? `ci:${subject.name}` : subject.kind),
      (error: unknown) => (error as { code: string }).code,
    );
  return { logins, login, checkedPasswords };
}

describe('with trust rules', () => {
  test('a JWT is never checked as a password, right or wrong, and a password is checked as before', async () => {
    const { login, checkedPasswords } = await loginsWith([ruleOf(ci)]);
    const right = await ci.sign(jobClaims);
    const wrong = [
      ...[await ci.sign({ ...jobClaims, ref: 'x' }), `${right}x`, right.slice(0, -3)],
      ...['eyJhbGciOiJub25lIn0.e30.', 'eyJ.e30.x', 'eyJhbGciOiJFUzI1NiJ9.e30.AA', 'eyJ.x.y'],
    ];
    expect(await login(right)).toBe('ci:acme-app');
    for (const jwt of wrong) expect(await login(jwt)).toBe('jwt_rejected');
    expect(checkedPasswords).toEqual([]);
    const passwords = [
      'correct horse battery',
      'eyJ',
      'eyJ.x',
      'eyJ.x.y.z',
      'eyJ.a b.c',
      'a.b.c',
      ` ${right}`,
    ];
    for (const password of passwords) expect(await login(password)).toBe('wrong_credentials');
    expect(checkedPasswords).toEqual(passwords);
  });

  test('10,000 pods with one JWT cost one verification and one request for the keys', async () => {
    const { login } = await loginsWith([ruleOf(ci, { name: 'pods' })]);
    const ofPods = await ci.sign(jobClaims);
    const signatures = countSignatures();
    const before = ci.requestCounts.jwks;
    const names = await Promise.all(Array.from({ length: 10_000 }, () => login(ofPods)));
    expect(new Set(names)).toEqual(new Set(['ci:pods']));
    expect(signatures()).toBe(1);
    expect(ci.requestCounts.jwks - before).toBeLessThanOrEqual(1);
  });

  test('a flood of rejected JWTs is counted at most 200 times in a second', async () => {
    const rejected: string[] = [];
    const throttle = { reject: async (address: string) => void rejected.push(address) };
    const factory = createFederatedLogins(store, clock, noLog, throttle);
    afterwards(() => factory.close());
    const config = await configIn(await temporaryDirectory('federated'), { trust: [ruleOf(ci)] });
    const { authenticator } = factory.forConfig(config);
    const flood = (): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 500 }, (_, at) =>
          authenticator(
            { kind: 'password', name: 'x', password: new Secret(`eyJ${at}.e30.x`) },
            { address: `10.0.0.${at % 250}` },
          ),
        ),
      );
    await flood();
    expect(rejected).toHaveLength(200);
    clock.advance(1);
    await flood();
    expect(rejected).toHaveLength(400);
  });

  test('if the keys of the issuer cannot be read, the login can be tried again, and nothing is counted', async () => {
    const down = await startTrustIssuer({ clock });
    await down.stop();
    const { login, checkedPasswords } = await loginsWith([ruleOf(down)]);
    for (let time = 0; time < 70; time++)
      expect(await login(await down.sign(jobClaims), '192.0.2.9')).toBe('unavailable');
    expect(await login('correct horse battery', '192.0.2.9')).toBe('wrong_credentials');
    expect(checkedPasswords).toEqual(['correct horse battery']);
  });
});

test('without trust rules, a JWT is a password like any other', async () => {
  const { login, logins, checkedPasswords } = await loginsWith([]);
  const jwt = await ci.sign(jobClaims);
  expect(await login(jwt)).toBe('wrong_credentials');
  expect(checkedPasswords).toEqual([jwt]);
  expect(await logins.exchange(new Secret(jwt), { address: '192.0.2.1' })).toEqual({ verdict: 'not mine' });
});
