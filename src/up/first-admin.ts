import { createPasswordHasher } from '../identity/password/password-hash.ts';
import type { Store, UserChange } from '../store/store.ts';
import type { NamedAdmin } from './legacy-settings.ts';

/** The environment is right about this user: role, password and that it is enabled. An unchanged user is not touched. */
export async function ensureAdmin({ name, password }: NamedAdmin, store: Store): Promise<void> {
  const hasher = createPasswordHasher();
  const found = await store.users.find(name);
  const known = found !== undefined && (await hasher.verify(password, found.passwordHash));
  if (known && found.role === 'admin' && !found.disabled) return;
  const at = Date.now();
  const changedAt = Math.floor(at / 1000);
  const role = 'admin';
  if (found === undefined) {
    const user = { name, role, passwordHash: await hasher.hash(password), disabled: false } as const;
    await store.change(
      { at, subject: name, what: `user ${name} added as admin by the environment` },
      ({ users }) => users.add({ ...user, createdAt: changedAt, changedAt }),
    );
    return;
  }
  const change: UserChange = {
    ...{ role, disabled: false, changedAt },
    // Guesses at the old password say nothing about the new one.
    ...(!known && { passwordHash: await hasher.hash(password), unlockedAt: changedAt }),
  };
  const what = known ? 'enabled as admin' : 'given another password';
  await store.change(
    { at, subject: name, what: `user ${name} ${what} by the environment` },
    async (ports) => {
      await ports.users.update(name, change);
      // Whoever knows no more than the old password is out.
      if (!known) await ports.refreshTokens.removeAllOf(name);
    },
  );
}
