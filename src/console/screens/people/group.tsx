import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import Trash from 'lucide-static/icons/trash-2.svg';
import UserPlus from 'lucide-static/icons/user-plus.svg';
import UsersRound from 'lucide-static/icons/users-round.svg';
import { call, pathTo } from '../../api/client.ts';
import type { Group, Page as ListPage, User } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useToast } from '../../state/toasts.tsx';
import { GrantsTable } from '../rights/grants-table.tsx';

type GroupDialog =
  { readonly kind: 'add' } | { readonly kind: 'remove' } | { readonly kind: 'leave'; user: string };

/** One group: its members and its grants. */
export function GroupScreen({ params }: ScreenProps) {
  const name = params['name'] ?? '';
  const path = pathTo('groups', name);
  const group = useResource<Group>(path);
  const { route } = useLocation();
  const [dialog, setDialog] = useState<GroupDialog>();
  const close = (): void => setDialog(undefined);
  const addButton = (
    <Button kind="primary" Icon={UserPlus} onClick={() => setDialog({ kind: 'add' })}>
      Add member
    </Button>
  );
  return (
    <Page
      title={name}
      crumbs={[{ label: 'Groups', href: '/auth/groups' }]}
      actions={
        group.data && (
          <>
            {addButton}
            <Button Icon={Trash} onClick={() => setDialog({ kind: 'remove' })}>
              Remove
            </Button>
          </>
        )
      }
    >
      {group.error !== undefined && <ErrorState error={group.error} onRetry={() => void group.reload()} />}
      {group.data === undefined && group.error === undefined && (
        <Skeleton lines={6} label="Loading the group" />
      )}
      {group.data !== undefined && (
        <>
          <Section title="Members">
            {group.data.members.length === 0 ? (
              <EmptyState Icon={UsersRound} title="No members yet" action={addButton}>
                Members get the grants of the group.
              </EmptyState>
            ) : (
              <DataTable
                caption={`Members of ${name}`}
                rows={group.data.members}
                keyOf={(user) => user}
                columns={[
                  {
                    label: 'Name',
                    isName: true,
                    render: (user) => <a href={`/auth/users/${encodeURIComponent(user)}`}>{user}</a>,
                  },
                  {
                    label: 'Actions',
                    isActions: true,
                    render: (user) => (
                      <Button
                        aria-label={`Remove from group: ${user}`}
                        onClick={() => setDialog({ kind: 'leave', user })}
                      >
                        Remove from group
                      </Button>
                    ),
                  },
                ]}
              />
            )}
          </Section>
          <Section title="Grants of this group">
            <GrantsTable subject={`group:${name}`} />
          </Section>
          <Equivalent command="dockpass group list" api={{ method: 'GET', path }} />
        </>
      )}
      {dialog?.kind === 'add' && (
        <AddMember group={name} onClose={close} onChanged={() => void group.reload()} />
      )}
      {dialog?.kind === 'leave' && (
        <RemoveMember group={name} user={dialog.user} onClose={close} onChanged={() => void group.reload()} />
      )}
      {dialog?.kind === 'remove' && (
        <RemoveGroup group={name} onClose={close} onChanged={() => route('/auth/groups')} />
      )}
    </Page>
  );
}

interface GroupDialogProps {
  readonly group: string;
  onChanged(): void;
  onClose(): void;
}

function AddMember({ group, onChanged, onClose }: GroupDialogProps) {
  const [user, setUser] = useState('');
  const found = useResource<ListPage<User>>('/users', { query: { q: user.trim(), limit: 20 } });
  const toast = useToast();
  const form = useForm({
    fields: ['user'],
    validate: () => ({ user: user.trim() === '' ? 'Enter the name of a user.' : undefined }),
    send: async () => {
      await call('PUT', pathTo('groups', group, 'members', user.trim()));
      onChanged();
      toast(`${user.trim()} is now a member of ${group}.`);
      onClose();
    },
  });
  return (
    <Dialog title={`Add a member to ${group}`} onClose={onClose}>
      <Form form={form} submit="Add member" onCancel={onClose}>
        <TextField
          label="User"
          hint="If the group has grants, the user has only the rights of grants from then on."
          value={user}
          onValue={setUser}
          suggestions={found.data?.items.map(({ name }) => name) ?? []}
          error={form.errorOf('user')}
        />
      </Form>
      <Equivalent
        command={`dockpass group join ${quoted(group)} ${quoted(user.trim() || 'USER')}`}
        api={{ method: 'PUT', path: pathTo('groups', group, 'members', user.trim() || 'USER') }}
      />
    </Dialog>
  );
}

function RemoveMember({ group, user, onChanged, onClose }: GroupDialogProps & { readonly user: string }) {
  const toast = useToast();
  const path = pathTo('groups', group, 'members', user);
  return (
    <ConfirmDialog
      title={`Remove ${user} from ${group}?`}
      confirm="Remove from group"
      equivalent={{
        command: `dockpass group leave ${quoted(group)} ${quoted(user)}`,
        api: { method: 'DELETE', path },
      }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path);
        onChanged();
        toast(`${user} is no longer a member of ${group}.`);
        onClose();
      }}
    >
      <p>
        {user} loses the grants of the group from the next request on. The rights of the role do not come back
        by themselves: to use them again, change the role of {user}.
      </p>
    </ConfirmDialog>
  );
}

function RemoveGroup({ group, onChanged, onClose }: GroupDialogProps) {
  const toast = useToast();
  const path = pathTo('groups', group);
  return (
    <ConfirmDialog
      title={`Remove the group ${group}?`}
      confirm={`Remove ${group}`}
      typed={group}
      equivalent={{ command: `dockpass group remove ${quoted(group)}`, api: { method: 'DELETE', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path);
        toast(`The group ${group} was removed.`);
        onClose();
        onChanged();
      }}
    >
      <p>
        This removes the group and all of its grants. Its members stay, but lose these rights. It cannot be
        undone.
      </p>
    </ConfirmDialog>
  );
}
