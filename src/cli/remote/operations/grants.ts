import {
  groupPrefix,
  holderNamed,
  noSuchGrant,
  type GrantHolder,
} from '../../../admin/rights/grant-holder.ts';
import type { Access } from '../../../explain/who-can.ts';
import type { Action } from '../../../policy/rights.ts';
import type { GrantOperations } from '../../administration/people.ts';
import type { GrantView } from '../../../admin/views/grant-view.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The operations on grants, through the administration API. */
export function remoteGrants(api: ApiClient): GrantOperations {
  const list = async (subject: string | undefined): Promise<GrantView[]> =>
    (await api.list('/grants', { subject })).map(viewOf);
  const findReached = async ({ kind, name }: GrantHolder): Promise<readonly string[]> => {
    if (kind === 'user') return [name];
    const path = pathOf('groups', name.slice(groupPrefix.length));
    return (await api.find(path, ['no_such_group']))?.texts('members') ?? [];
  };
  return {
    list,
    findHolder: async (subject) => {
      // The list is that of the holder, so the server checks whether the holder exists.
      await api.get('/grants', { query: { subject, limit: '1' } });
      return holderNamed(subject);
    },
    requireGrant: async ({ name }, pattern) => {
      if (!(await list(name)).some((grant) => grant.pattern === pattern)) throw noSuchGrant(name, pattern);
    },
    add: async ({ subject, pattern, actions }) => {
      const { body } = await api.send('POST', '/grants', { body: { subject, pattern, actions } });
      const holder = holderNamed(subject);
      return { holder, switched: body.texts('switched'), reached: await findReached(holder) };
    },
    remove: async ({ subject, pattern }) => {
      await api.send('DELETE', '/grants', { query: { subject, pattern } });
      const holder = holderNamed(subject);
      return { holder, reached: await findReached(holder) };
    },
    removingNarrows: async ({ name }, pattern) =>
      (await api.get('/grants/removal', { query: { subject: name, pattern } })).boolean('narrows'),
    who: async ({ repository, action, address }) => {
      const path = pathOf('repositories', repository, 'access');
      const items = await api.list(path, { action, from: address });
      return items.map(({ value }) => value as unknown as Access);
    },
  };
}

function viewOf(grant: Fields): GrantView {
  return {
    name: grant.text('subject'),
    pattern: grant.text('pattern'),
    actions: grant.words<Action>('actions'),
  };
}
