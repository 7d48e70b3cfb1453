import type { Membership } from '../../../admin/groups.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import type { GroupOperations } from '../../administration/people.ts';
import type { GroupView } from '../../../admin/views/group-view.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The operations on groups, through the administration API. */
export function remoteGroups(api: ApiClient): GroupOperations {
  const find = async (text: string): Promise<GroupView> => viewOf(await api.get(pathOf('groups', text)));
  const isMember = async ({ group, user }: Membership): Promise<boolean> =>
    (await find(group)).members.includes(toCanonicalName(user));
  return {
    list: async () => (await api.list('/groups')).map(viewOf),
    find,
    add: async (name) => (await api.send('POST', '/groups', { body: { name } })).body.text('name'),
    remove: async (text) => {
      const { name, members } = await find(text);
      await api.send('DELETE', pathOf('groups', text));
      return { name, members };
    },
    join: async (membership) => {
      if (await isMember(membership)) return false;
      await api.send('PUT', memberPath(membership));
      return true;
    },
    leave: async (membership) => {
      const wasMember = await isMember(membership);
      // If the user is not a member, the server checks whether there is such a user.
      await api.send('DELETE', memberPath(membership), { isChange: wasMember });
      return wasMember;
    },
    leavingNarrows: async (membership) => {
      const member = await api.find(memberPath(membership), ['no_such_group', 'no_such_user']);
      return member?.boolean('leavingNarrows') ?? false;
    },
  };
}

function memberPath({ group, user }: Membership): string {
  return pathOf('groups', group, 'members', user);
}

function viewOf(group: Fields): GroupView {
  return { name: group.text('name'), members: group.texts('members'), created: group.text('created') };
}
