import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { isHtpasswdUser } from '../identity/password/htpasswd-file.ts';
import { requirePasswordRules } from '../identity/password/password-rules.ts';
import { toCanonicalName, parseNewUserName } from '../identity/user-name.ts';
import { toAccount, type Account } from '../identity/account.ts';
import type { Role } from '../policy/rights.ts';
import type { Secret } from '../secret.ts';
import type { Ports, Store, StoredAccount, User, UserChange } from '../store/store.ts';
import { change, quoted } from './change.ts';
import { requireAdded, requireFreeName } from './names.ts';

export interface NewPassword {
  readonly password: Secret;
  /** The minimum number of characters in the password: `passwords.minLength` of the configuration. */
  readonly minLength: number;
}

export interface NewUser extends NewPassword {
  /** The name as a person typed it. The database stores it in lower case. */
  readonly name: string;
  readonly role: Role;
}

/**
 * Adds a user.
 * @returns the name as it is stored
 * @throws DockpassError `bad_name`, `bad_password`, `already_exists`
 */
export async function addUser(
  store: Store,
  clock: Clock,
  { name: text, role, ...newPassword }: NewUser,
): Promise<string> {
  const name = parseNewUserName(text);
  // This first check avoids computing a hash in vain if the name is taken. The check is repeated in the transaction,
  // because another process may add the same name in the meantime.
  await requireFreeName(store, name, 'user');
  const passwordHash = await hashNewPassword(newPassword);
  await change(store, clock, { subject: name, what: `user ${name} added as ${role}` }, async (ports, at) => {
    await requireFreeName(ports, name, 'user');
    const user = { name, role, passwordHash, disabled: false, createdAt: at, changedAt: at };
    requireAdded(await ports.users.add(user), name, 'user');
  });
  return name;
}

/**
 * Sets a new password. Ends all sessions of the user, also those in the console, because they began with the old
 * password. Also ends a lockout of
 * the user, because failed login attempts with the old password say nothing about the new password.
 * @returns the name as it is stored
 * @throws DockpassError `no_such_user`, `bad_password`
 */
export async function setPassword(
  store: Store,
  clock: Clock,
  text: string,
  newPassword: NewPassword,
): Promise<string> {
  const { name } = await findUser(store, text);
  const passwordHash = await hashNewPassword(newPassword);
  await change(store, clock, { subject: name, what: `password of user ${name} set` }, async (ports, at) => {
    await requireDone(ports.users.update(name, { passwordHash, changedAt: at, unlockedAt: at }), name);
    await removeSessionsOf(ports, name);
  });
  return name;
}

/**
 * Disables a user, and ends all sessions of the user.
 * @param htpasswd the path of the htpasswd file, whose users can be disabled too; null if there is no such file
 * @returns the name as it is stored
 * @throws DockpassError `no_such_user`, `bad_configuration` if the htpasswd file cannot be read
 */
export async function disableUser(
  store: Store,
  clock: Clock,
  text: string,
  htpasswd: string | null = null,
): Promise<string> {
  const name = toCanonicalName(text);
  // If the user is in the store, do not read the file: the user must be disabled even if the file has an error.
  const isInFile = (await store.users.find(name)) === undefined && (await isHtpasswdUser(htpasswd, name));
  await change(store, clock, { subject: name, what: `user ${name} disabled` }, async (ports, at) => {
    if (await ports.users.update(name, { disabled: true, changedAt: at }))
      await removeSessionsOf(ports, name);
    else if (isInFile) {
      await ports.htpasswdUsers.disable(name, at);
      await removeSessionsOf(ports, name);
    } else throw noSuchUser(text);
  });
  return name;
}

/**
 * Lets a disabled user log in again, also a disabled user of the htpasswd file.
 * @returns the name as it is stored
 * @throws DockpassError `no_such_user`
 */
export async function enableUser(store: Store, clock: Clock, text: string): Promise<string> {
  const name = toCanonicalName(text);
  await change(store, clock, { subject: name, what: `user ${name} enabled` }, async (ports, at) => {
    const isStored = await ports.users.update(name, { disabled: false, changedAt: at });
    if (!isStored && !(await ports.htpasswdUsers.enable(name))) throw noSuchUser(text);
  });
  return name;
}

/**
 * Changes the role of a user. If no grant reaches the user, the user has the rights of the role from now on. Otherwise
 * the user still has only the rights of grants.
 * @returns the changed user
 * @throws DockpassError `no_such_user`
 */
export async function setRole(store: Store, clock: Clock, text: string, role: Role): Promise<Account> {
  const name = toCanonicalName(text);
  const what = `role of user ${name} set to ${role}`;
  return change(store, clock, { subject: name, what }, async (ports, at) => {
    await requireDone(
      ports.users.update(name, { ...(await changeOfRole(ports, name, role)), changedAt: at }),
      text,
    );
    return toAccount(await findAccount(ports, text));
  });
}

/** Returns the fields of the user's row that must change when the user gets another role, see `setRole`. */
export async function changeOfRole(
  { users }: Pick<Ports, 'users'>,
  name: string,
  role: Role,
): Promise<Omit<UserChange, 'changedAt'>> {
  const isReachedByGrant = ((await users.account(name))?.grants.length ?? 0) > 0;
  return isReachedByGrant ? { role } : { role, rightsFrom: 'role' };
}

/**
 * Ends a lockout of the user: earlier failed login attempts no longer count.
 * @returns the name as it is stored
 * @throws DockpassError `no_such_user`
 */
export async function unlockUser(store: Store, clock: Clock, text: string): Promise<string> {
  const name = toCanonicalName(text);
  await change(store, clock, { subject: name, what: `user ${name} unlocked` }, async (ports, at) => {
    const { changedAt } = await findUser(ports, text);
    await ports.users.update(name, { unlockedAt: at, changedAt });
  });
  return name;
}

/**
 * Removes a user with the user's access tokens, sessions, memberships and grants.
 * @returns the name as it was stored
 * @throws DockpassError `no_such_user`
 */
export async function removeUser(store: Store, clock: Clock, text: string): Promise<string> {
  const name = toCanonicalName(text);
  await change(store, clock, { subject: name, what: `user ${name} removed` }, ({ users }) =>
    requireDone(users.remove(name), text),
  );
  return name;
}

/** Removes the refresh tokens and the console sessions of a user. @returns how many were removed */
export async function removeSessionsOf(
  { refreshTokens, consoleSessions }: Pick<Ports, 'refreshTokens' | 'consoleSessions'>,
  name: string,
): Promise<number> {
  return (await refreshTokens.removeAllOf(name)) + (await consoleSessions.removeAllOf(name));
}

/** Finds a user by a name that a person typed. @throws DockpassError `no_such_user` */
export async function findUser({ users }: Pick<Ports, 'users'>, text: string): Promise<User> {
  const user = await users.find(toCanonicalName(text));
  if (user === undefined) throw noSuchUser(text);
  return user;
}

async function findAccount({ users }: Pick<Ports, 'users'>, text: string): Promise<StoredAccount> {
  const account = await users.account(toCanonicalName(text));
  if (account === undefined) throw noSuchUser(text);
  return account;
}

export function noSuchUser(text: string): DockpassError {
  return new DockpassError(
    'no_such_user',
    `there is no user ${quoted(text)}: run "dockpass user list" to see all users`,
  );
}

/** Checks the rules for passwords and returns the hash of a new password. @throws DockpassError `bad_password` */
export async function hashNewPassword({ password, minLength }: NewPassword): Promise<string> {
  requirePasswordRules(password, minLength);
  // Loaded late, because commands that set no password do not need argon2.
  const { createPasswordHasher } = await import('../identity/password/password-hash.ts');
  return createPasswordHasher().hash(password);
}

async function requireDone(done: Promise<boolean>, text: string): Promise<void> {
  if (!(await done)) throw noSuchUser(text);
}
