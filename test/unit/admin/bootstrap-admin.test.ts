import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPasswordHasher } from '../../../src/identity/password/password-hash.ts';
import { Secret } from '../../../src/secret.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { ensureAdmin } from '../../../src/admin/bootstrap-admin.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

test('the environment’s admin: another password ends the logins of the one before, and each change is on record', async () => {
  const store = await openStore(join(await temporaryDirectory('admin'), 'dockpass.db'));
  afterwards(() => store.close());
  const start = (password: string) =>
    ensureAdmin(store, () => 1_700_000_000_000, { name: 'boss', password: new Secret(password) });
  await start('the first password');
  await store.refreshTokens.add({
    ...{ hash: 'h', id: 'i', user: 'boss', service: 'registry', host: 'a.example.com', client: 'docker' },
    ...{ createdAt: 1, expiresAt: 2 ** 40, lastUse: { at: 1, from: '192.0.2.1' } },
  });
  await start('the first password');
  expect(await store.refreshTokens.list('boss')).toHaveLength(1);

  await start('the second password');
  expect(await store.refreshTokens.list('boss')).toEqual([]);
  const { passwordHash } = (await store.users.find('boss')) ?? {};
  const hasher = createPasswordHasher();
  expect(await hasher.verify(new Secret('the first password'), passwordHash)).toBe(false);
  expect(await hasher.verify(new Secret('the second password'), passwordHash)).toBe(true);

  await store.users.update('boss', { role: 'reader', disabled: true, changedAt: 2 });
  await start('the second password');
  expect(await store.users.find('boss')).toMatchObject({ role: 'admin', disabled: false, passwordHash });
  expect((await store.auditLog.list({})).map(({ subject, reason }) => [subject, reason])).toEqual([
    ['boss', 'user boss added as admin by the environment'],
    ['boss', 'user boss given another password by the environment'],
    ['boss', 'user boss enabled as admin by the environment'],
  ]);
});
