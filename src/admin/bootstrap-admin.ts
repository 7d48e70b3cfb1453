import type { Clock } from '../clock.ts';
import { createPasswordHasher } from '../identity/password/password-hash.ts';
import type { Secret } from '../secret.ts';
import type { Store, UserChange } from '../store/store.ts';
import { changeIf } from './change.ts';
import { requireFreeName } from './names.ts';
import { changeOfRole, removeSessionsOf } from './users.ts';

/** An administrator whose name and password are set in environment variables. */
export interface NamedAdmin {
  /** The name in lower case, as the database stores it. */
  readonly name: string;
  /** The password. It may be shorter than `passwords.minLength`. */
  readonly password: Secret;
}

/**
 * Creates the administrator whose name and password are set in environment variables. If the user already exists, sets
 * the password and the role `admin`, and enables the user. Writes nothing if password, role and status are already
 * correct.
 * @throws DockpassError `already_exists` if a robot has the name
 */
export async function ensureAdmin(store: Store, clock: Clock, admin: NamedAdmin): Promise<void> {
  const isAdded = (await store.users.find(admin.name)) === undefined && (await addAdmin(store, clock, admin));
  if (!isAdded) await updateAdmin(store, clock, admin);
}

/** Adds the user. If another process has added the user in the meantime, changes nothing and returns false. */
async function addAdmin(store: Store, clock: Clock, { name, password }: NamedAdmin): Promise<boolean> {
  await requireFreeName(store, name, 'user');
  const passwordHash = await createPasswordHasher().hash(password);
  const description = {
    subject: name,
    what: `user ${name} added as admin, as set in the environment variables`,
  };
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
  const done = hasPassword ? 'enabled as admin' : 'enabled as admin with a new password';
  const description = { subject: name, what: `user ${name} ${done}, as set in the environment variables` };
  await changeIf(store, clock, description, async (ports, at) => {
    const hasRole = (await ports.users.find(name))?.role === 'admin';
    const update: UserChange = {
      ...(!hasRole && (await changeOfRole(ports, name, 'admin'))),
      disabled: false,
      changedAt: at,
      // A new password ends a lockout, because failed login attempts with the old password say nothing about the new
      // password.
      ...(passwordHash !== undefined && { passwordHash, unlockedAt: at }),
    };
    // A new password ends all sessions of the user, because the sessions began with the old password.
    if (passwordHash !== undefined) await removeSessionsOf(ports, name);
    return ports.users.update(name, update);
  });
}
