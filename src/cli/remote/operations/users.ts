import { Secret } from '../../../secret.ts';
import type { Action, Role } from '../../../policy/rights.ts';
import type { UserDetails, UserView } from '../../../admin/views/user-view.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import type { PasswordChoice, UserOperations } from '../../administration/people.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The operations on users, through the administration API. */
export function remoteUsers(api: ApiClient): UserOperations {
  const findIfThere = async (text: string) => {
    const user = await api.find(pathOf('users', text), ['no_such_user']);
    // The API also describes users of the htpasswd file. The commands show only users in the database.
    return user === undefined || user.textOrNull('source') === 'htpasswd' ? undefined : detailsOf(user);
  };
  const setDisabled = async (text: string, disabled: boolean) => {
    await api.send('PATCH', pathOf('users', text), { body: { disabled } });
    return toCanonicalName(text);
  };
  return {
    minPasswordLength: async () => undefined,
    requireFreeName: async (text) => {
      const { requireFreeName } = await import('../../../admin/names.ts');
      const { parseNewUserName } = await import('../../../identity/user-name.ts');
      const finders = {
        users: { find: findIfThere },
        robots: { find: (name: string) => api.find(pathOf('robots', name), ['no_such_robot']) },
      };
      await requireFreeName(finders, parseNewUserName(text), 'user');
    },
    findIfThere,
    find: async (text) => {
      const found = await findIfThere(text);
      if (found !== undefined) return found;
      const { noSuchUser } = await import('../../../admin/users.ts');
      throw noSuchUser(text);
    },
    list: async () => {
      const users: UserView[] = [];
      let disabledInHtpasswd: readonly string[] = [];
      for await (const page of api.pages('/users')) {
        users.push(...page.objects('items').map(viewOf));
        disabledInHtpasswd = page.texts('disabledInHtpasswd');
      }
      return { users, disabledInHtpasswd };
    },
    add: async ({ name, role, password }) => {
      const { body } = await api.send('POST', '/users', { body: { name, role, ...bodyOf(password) } });
      return { name: body.text('name'), role: body.word<Role>('role'), generated: secretIn(body) };
    },
    setPassword: async (text, password) => {
      const path = pathOf('users', text, 'password');
      const { body } = await api.send('POST', path, { body: bodyOf(password) });
      return { name: toCanonicalName(text), generated: secretIn(body) };
    },
    setRole: async (text, role) =>
      detailsOf((await api.send('PATCH', pathOf('users', text), { body: { role } })).body),
    disable: (text) => setDisabled(text, true),
    enable: (text) => setDisabled(text, false),
    unlock: async (text) => {
      await api.send('DELETE', pathOf('users', text, 'lockout'));
      return toCanonicalName(text);
    },
    remove: async (text) => {
      await api.send('DELETE', pathOf('users', text));
      return toCanonicalName(text);
    },
  };
}

function bodyOf(choice: PasswordChoice): { password: string } | { generate: true } {
  return 'password' in choice ? { password: choice.password.reveal() } : choice;
}

function secretIn(body: Fields): Secret | undefined {
  const secret = body.textOrNull('secret');
  return secret === null ? undefined : new Secret(secret);
}

function viewOf(user: Fields): UserView {
  return {
    name: user.text('name'),
    role: user.word('role'),
    rightsFrom: user.word('rightsFrom'),
    state: user.text('state'),
    created: user.text('created'),
    changed: user.text('changed'),
  };
}

function detailsOf(user: Fields): UserDetails {
  return {
    ...viewOf(user),
    groups: user.texts('groups'),
    rights: user.objects('rights').map((right) => ({
      pattern: right.text('pattern'),
      actions: right.words<Action>('actions'),
      from: right.text('from'),
    })),
  };
}
