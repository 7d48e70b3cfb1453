import { useState } from 'preact/hooks';
import UserPlus from 'lucide-static/icons/user-plus.svg';
import Users from 'lucide-static/icons/users.svg';
import type { User } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { CreateUser } from './create-user.tsx';
import { labelOfRole } from './roles.ts';
import { UserState } from './user-state.tsx';

/** All users. */
export function UsersScreen() {
  const [search, setSearch] = useQueryValue('q');
  const list = useList<User>('/users', { q: search });
  const [isCreating, setCreating] = useState(false);
  const addButton = (
    <Button kind="primary" Icon={UserPlus} onClick={() => setCreating(true)}>
      Add user
    </Button>
  );
  return (
    <Page
      title="Users"
      lead="People who log in to the registry and to this console. Machines should use robots."
      actions={addButton}
    >
      <div class="toolbar">
        <SearchBox label="Search users" value={search} onSearch={setSearch} />
      </div>
      <ListView
        list={list}
        caption="Users"
        keyOf={({ name }) => name}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={Users} title="There are no users yet" action={addButton}>
            Add the first user. A user can log in with docker and with this console.
          </EmptyState>
        }
        columns={[
          {
            label: 'Name',
            isName: true,
            render: ({ name }) => <a href={`/auth/users/${encodeURIComponent(name)}`}>{name}</a>,
          },
          { label: 'Role', render: ({ role }) => labelOfRole(role) },
          { label: 'State', render: (user) => <UserState user={user} /> },
          {
            label: 'Groups',
            render: ({ groups }) =>
              groups.length === 0 ? <span class="muted">none</span> : groups.join(', '),
          },
          { label: 'Source', render: ({ source }) => source },
        ]}
      />
      <Equivalent command="dockpass user list" api={{ method: 'GET', path: '/users' }} />
      {isCreating && <CreateUser onClose={() => setCreating(false)} onCreated={() => void list.reload()} />}
    </Page>
  );
}
