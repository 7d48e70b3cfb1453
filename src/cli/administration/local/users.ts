import type { Config } from '../../../config/load.ts';
import { systemClock } from '../../../clock.ts';
import type { Store } from '../../../store/store.ts';
import type { PasswordChoice, UserOperations } from '../people.ts';
import { detailsOf, publicView } from '../../../admin/views/user-view.ts';

/** The operations on the users in the database. Each operation loads only the code that it needs. */
export function localUsers(
  store: Store,
  { passwords: { minLength }, users, htpasswd }: Config,
): UserOperations {
  const findIfThere = async (text: string) => {
    const { readAccount } = await import('../../../identity/account.ts');
    const { toCanonicalName } = await import('../../../identity/user-name.ts');
    const account = await readAccount(store, toCanonicalName(text));
    return account && detailsOf(account);
  };
  return {
    minPasswordLength: async () => minLength,
    requireFreeName: async (text) => {
      const { requireFreeName } = await import('../../../admin/names.ts');
      const { parseNewUserName } = await import('../../../identity/user-name.ts');
      await requireFreeName(store, parseNewUserName(text), 'user');
    },
    findIfThere,
    find: async (text) => {
      const found = await findIfThere(text);
      if (found !== undefined) return found;
      const { noSuchUser } = await loadUsers();
      throw noSuchUser(text);
    },
    list: async () => ({
      users: (await store.users.list()).map(publicView),
      disabledInHtpasswd: (await store.htpasswdUsers.listDisabled()).map(({ name }) => name),
    }),
    add: async ({ name: text, role = users.defaultRole, password: choice }) => {
      const { addUser } = await loadUsers();
      const { password, generated } = await chosenPassword(choice, minLength);
      const name = await addUser(store, systemClock, { name: text, role, password, minLength });
      return { name, role, generated };
    },
    setPassword: async (text, choice) => {
      const { setPassword } = await loadUsers();
      const { password, generated } = await chosenPassword(choice, minLength);
      return { name: await setPassword(store, systemClock, text, { password, minLength }), generated };
    },
    setRole: async (text, role) =>
      detailsOf(await (await loadUsers()).setRole(store, systemClock, text, role)),
    disable: async (text) => (await loadUsers()).disableUser(store, systemClock, text, htpasswd),
    enable: async (text) => (await loadUsers()).enableUser(store, systemClock, text),
    unlock: async (text) => (await loadUsers()).unlockUser(store, systemClock, text),
    remove: async (text) => (await loadUsers()).removeUser(store, systemClock, text),
  };
}

const loadUsers = () => import('../../../admin/users.ts');

async function chosenPassword(choice: PasswordChoice, minLength: number) {
  if ('password' in choice) return { password: choice.password, generated: undefined };
  const { generatePassword } = await import('../../../identity/password/password-rules.ts');
  const generated = generatePassword(minLength);
  return { password: generated, generated };
}
