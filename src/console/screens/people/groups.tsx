import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import Plus from 'lucide-static/icons/plus.svg';
import UsersRound from 'lucide-static/icons/users-round.svg';
import { call } from '../../api/client.ts';
import type { Group } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { useToast } from '../../state/toasts.tsx';

const shownMembers = 5;

/** All groups. */
export function GroupsScreen() {
  const [search, setSearch] = useQueryValue('q');
  const list = useList<Group>('/groups', { q: search });
  const [isCreating, setCreating] = useState(false);
  const addButton = (
    <Button kind="primary" Icon={Plus} onClick={() => setCreating(true)}>
      Add group
    </Button>
  );
  return (
    <Page
      title="Groups"
      lead="A grant to a group gives the same rights to all of its members."
      actions={addButton}
    >
      <div class="toolbar">
        <SearchBox label="Search groups" value={search} onSearch={setSearch} />
      </div>
      <ListView
        list={list}
        caption="Groups"
        keyOf={({ name }) => name}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={UsersRound} title="There are no groups yet" action={addButton}>
            Add a group, then add members, and give rights to the group with a grant.
          </EmptyState>
        }
        columns={[
          {
            label: 'Name',
            isName: true,
            render: ({ name }) => <a href={`/auth/groups/${encodeURIComponent(name)}`}>{name}</a>,
          },
          { label: 'Members', isNumber: true, render: ({ members }) => members.length },
          {
            label: 'Who',
            render: ({ members }) =>
              members.slice(0, shownMembers).join(', ') +
              (members.length > shownMembers ? ` and ${members.length - shownMembers} more` : ''),
          },
        ]}
      />
      <Equivalent command="dockpass group list" api={{ method: 'GET', path: '/groups' }} />
      {isCreating && <CreateGroup onClose={() => setCreating(false)} />}
    </Page>
  );
}

function CreateGroup({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  const { route } = useLocation();
  const toast = useToast();
  const form = useForm({
    fields: ['name'],
    validate: () => ({ name: name.trim() === '' ? 'Enter a name.' : undefined }),
    send: async (idempotencyKey) => {
      const { data } = await call<Group>('POST', '/groups', { body: { name: name.trim() }, idempotencyKey });
      toast(`The group ${data.name} was added.`);
      onClose();
      route(`/auth/groups/${encodeURIComponent(data.name)}`);
    },
  });
  return (
    <Dialog title="Add group" onClose={onClose}>
      <Form form={form} submit="Add group" onCancel={onClose}>
        <TextField label="Name" value={name} onValue={setName} maxLength={255} error={form.errorOf('name')} />
      </Form>
      <Equivalent
        command={`dockpass group add ${quoted(name.trim() || 'NAME')}`}
        api={{ method: 'POST', path: '/groups', body: { name: name.trim() || 'NAME' } }}
      />
    </Dialog>
  );
}
