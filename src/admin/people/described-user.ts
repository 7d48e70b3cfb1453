import { readAccount } from '../../identity/account.ts';
import { isHtpasswdUser } from '../../identity/password/htpasswd-file.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import { rightsOfRole, type Role } from '../../policy/rights.ts';
import type { Ports } from '../../store/store.ts';
import { noSuchUser } from '../users.ts';
import { accountView, htpasswdUserView } from '../views/user-view.ts';

/** The settings of the htpasswd file, whose users have no row in the store. */
export interface HtpasswdSettings {
  readonly htpasswd: string | null;
  readonly htpasswdRole: Role;
}

/**
 * Describes a user of the store or of the htpasswd file, with all groups and rights.
 * @throws DockpassError `no_such_user`, `bad_configuration` if the htpasswd file cannot be read
 */
export async function describeUser(
  ports: Pick<Ports, 'users' | 'htpasswdUsers'>,
  text: string,
  { htpasswd, htpasswdRole }: HtpasswdSettings,
) {
  const name = toCanonicalName(text);
  const account = await readAccount(ports, name);
  if (account !== undefined) return accountView(account);
  if (!(await isHtpasswdUser(htpasswd, name))) throw noSuchUser(text);
  const disabled = (await ports.htpasswdUsers.listDisabled()).some((user) => user.name === name);
  return htpasswdUserView(name, htpasswdRole, rightsOfRole(htpasswdRole), disabled);
}
