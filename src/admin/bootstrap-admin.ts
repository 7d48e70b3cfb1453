import type { Clock } from '../clock.ts';
import { createPasswordHasher } from '../identity/password/password-hash.ts';
import type { Secret } from '../secret.ts';
import type { Store, UserChange } from '../store/store.ts';
import { changeIf } from './change.ts';
import { requireFreeName } from './names.ts';

/** An administrator that the environment names. */
export interface NamedAdmin {
  /** Canonical: lower case. */
  readonly name: string;
  /** `passwords.minLength` does not apply to it. */
  readonly password: Secret;
}

/**
 * Creates the administrator that the environment names; or gives an existing user that password and role, and enables
 * the user. A user who already has all of that is left unchanged.
 * @throws DockpassError `already_exists` if a robot has the name
 */
export async function ensureAdmin(store: Store, clock: Clock, admin: NamedAdmin): Promise<void> {
  const isAdded = (await store.users.find(admin.name)) === undefined && (await addAdmin(store, clock, admin));
  if (!isAdded) await updateAdmin(store, clock, admin);
}

/** False, and nothing is changed, if another process has added the user meanwhile. */
async function addAdmin(store: Store, clock: Clock, { name, password }: NamedAdmin): Promise<boolean> {
  await requireFreeName(store, name, 'user');
  const passwordHash = await createPasswordHasher().hash(password);
  const description = { subject: name, what: `user ${name} added as admin by the environment` };
  return changeIf(store, clock, description, async (ports, at) => {
    if ((await ports.users.find(name)) !== undefined) return false;
    await requireFreeName(ports, name, 'user');
    return ports.users.add({
      name,
      role: 'admin',
      passwordHash,
      disabled: false,
      createdAt: at,
      changedAt: at,
    });
  });
}

async function updateAdmin(store: Store, clock: Clock, { name, password }: NamedAdmin): Promise<void> {
  const hasher = createPasswordHasher();
  const found = await store.users.find(name);
  const hasPassword = await hasher.verify(password, found?.passwordHash);
  if (hasPassword && found?.role === 'admin' && !found.disabled) return;
  const passwordHash = hasPassword ? undefined : await hasher.hash(password);
  const done = hasPassword ? 'enabled as admin' : 'given another password';
  const description = { subject: name, what: `user ${name} ${done} by the environment` };
  await changeIf(store, clock, description, async (ports, at) => {
    const update: UserChange = {
      role: 'admin',
      disabled: false,
      changedAt: at,
      // Failed login attempts with the old password say nothing about the new one.
      ...(passwordHash !== undefined && { passwordHash, unlockedAt: at }),
    };
    // These sessions began with the old password.
    if (passwordHash !== undefined) await ports.refreshTokens.removeAllOf(name);
    return ports.users.update(name, update);
  });
}
