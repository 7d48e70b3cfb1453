import { createPasswordHasher } from '../identity/password-hash.ts';
import type { Store } from '../store/store.ts';
import type { NamedAdmin } from './old-names.ts';

/** The environment is right about this user: role, password and that it is enabled. An unchanged user is not touched. */
export async function ensureAdmin({ name, password }: NamedAdmin, store: Store): Promise<void> {
  const hasher = createPasswordHasher();
  const found = await store.users.find(name);
  const known = found !== undefined && (await hasher.verify(password, found.passwordHash));
  if (known && found.role === 'admin' && !found.disabled) return;
  const changedAt = Math.floor(Date.now() / 1000);
  const wanted = {
    role: 'admin',
    passwordHash: known ? (found.passwordHash ?? '') : await hasher.hash(password),
    disabled: false,
    changedAt,
  } as const;
  if (found === undefined) await store.users.add({ name, createdAt: changedAt, ...wanted });
  else await store.users.update(name, wanted);
}
