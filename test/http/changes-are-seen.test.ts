import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { createPasswordHasher } from '../../src/identity/password/password-hash.ts';
import { Secret } from '../../src/secret.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { accessIn, privateHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';

/** Starts a server, and opens another connection to its database, as the CLI does. */
async function setUp() {
  const issuer = await startIssuer();
  await issuer.addUser('alice', password);
  const cli = await openStore(issuer.config.database);
  afterwards(() => cli.close());
  // After this login, the server has cached the credentials of alice.
  expect(await status(issuer, 'alice', password)).toBe(200);
  return { issuer, cli };
}

const status = async (issuer: TestIssuer, user: string, secret: string): Promise<number> =>
  (await issuer.get(privateHost).auth(user, secret)).status;

describe('the next request after a change by another process', () => {
  test('accepts a new password and rejects the old one', async () => {
    const { issuer, cli } = await setUp();
    const passwordHash = await createPasswordHasher().hash(new Secret('another horse battery'));
    await cli.users.update('alice', { passwordHash, changedAt: 1 });
    expect(await status(issuer, 'alice', password)).toBe(401);
    expect(await status(issuer, 'alice', 'another horse battery')).toBe(200);
  });

  test('recognizes that a user was disabled or enabled', async () => {
    const { issuer, cli } = await setUp();
    await cli.users.update('alice', { disabled: true, changedAt: 1 });
    expect(await status(issuer, 'alice', password)).toBe(401);
    await cli.users.update('alice', { disabled: false, changedAt: 2 });
    expect(await status(issuer, 'alice', password)).toBe(200);
  });

  test('recognizes that a user was added or removed', async () => {
    const { issuer, cli } = await setUp();
    expect(await status(issuer, 'bob', password)).toBe(401);
    const alice = await cli.users.find('alice');
    if (alice !== undefined) await cli.users.add({ ...alice, name: 'bob' });
    expect(await status(issuer, 'bob', password)).toBe(200);
    await cli.users.remove('alice');
    expect(await status(issuer, 'alice', password)).toBe(401);
  });

  test('uses the new role of the user', async () => {
    const { issuer, cli } = await setUp();
    const ask = () => issuer.get(privateHost, 'scope=repository:a:*').auth('alice', password);
    expect(accessIn(await ask())[0]?.actions).toEqual(['pull', 'push']);
    await cli.users.update('alice', { role: 'reader', changedAt: 1 });
    expect(accessIn(await ask())[0]?.actions).toEqual(['pull']);
  });

  test('recognizes each of many changes', async () => {
    const { issuer, cli } = await setUp();
    for (let round = 0; round < 50; round++) {
      const disabled = round % 2 === 0;
      await cli.users.update('alice', { disabled, changedAt: round });
      const answer = await issuer.get(privateHost).auth('alice', password);
      expect([round, answer.status]).toEqual([round, disabled ? 401 : 200]);
    }
  });
});
