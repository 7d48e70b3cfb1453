import type { Clock } from '../../clock.ts';
import { isHtpasswdUser } from '../../identity/password/htpasswd-file.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { Role } from '../../policy/rights.ts';
import type { Store } from '../../store/store.ts';
import { change } from '../change.ts';
import { changeOfRole, disableUser, enableUser, noSuchUser, setRole } from '../users.ts';

/** What can be changed at once. A member that is undefined stays as it is. */
export interface UserUpdate {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Changes the role of a user, or disables or enables the user, or both in one transaction. If the update is empty,
 * nothing is changed and no audit row is written.
 * @param htpasswd the path of the htpasswd file, whose users can be disabled and enabled; null if there is no such file
 * @throws DockpassError `no_such_user`, `bad_configuration` if the htpasswd file cannot be read
 */
export async function updateUser(
  store: Store,
  clock: Clock,
  text: string,
  { role, disabled }: UserUpdate,
  htpasswd: string | null,
): Promise<void> {
  if (role === undefined && disabled === undefined) {
    if (!(await isKnownUser(store, text, htpasswd))) throw noSuchUser(text);
  } else if (disabled === undefined) await setRole(store, clock, text, role ?? 'none');
  else if (role !== undefined) await setRoleAndState(store, clock, text, role, disabled);
  else if (disabled) await disableUser(store, clock, text, htpasswd);
  else await enableUser(store, clock, text);
}

async function setRoleAndState(
  store: Store,
  clock: Clock,
  text: string,
  role: Role,
  disabled: boolean,
): Promise<void> {
  const name = toCanonicalName(text);
  const what = `user ${name} ${disabled ? 'disabled' : 'enabled'}, and role set to ${role}`;
  await change(store, clock, { subject: name, what }, async (ports, at) => {
    const update = { ...(await changeOfRole(ports, name, role)), disabled, changedAt: at };
    if (!(await ports.users.update(name, update))) throw noSuchUser(text);
    if (disabled) await ports.refreshTokens.removeAllOf(name);
  });
}

async function isKnownUser({ users }: Store, text: string, htpasswd: string | null): Promise<boolean> {
  const name = toCanonicalName(text);
  return (await users.find(name)) !== undefined || isHtpasswdUser(htpasswd, name);
}
