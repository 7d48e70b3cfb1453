import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import KeyRound from 'lucide-static/icons/key-round.svg';
import Trash from 'lucide-static/icons/trash-2.svg';
import UserCheck from 'lucide-static/icons/user-check.svg';
import UserCog from 'lucide-static/icons/user-cog.svg';
import UserX from 'lucide-static/icons/user-x.svg';
import LockOpen from 'lucide-static/icons/lock-open.svg';
import { call, pathTo } from '../../api/client.ts';
import type { User } from '../../api/types.ts';
import { useResource, type Resource } from '../../api/use-resource.ts';
import { Details } from '../../components/data/details.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { RightsTable } from '../../components/text/rights.tsx';
import { Time } from '../../components/text/time.tsx';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useAction } from '../../state/use-action.ts';
import { useMe } from '../../state/session.tsx';
import { useToast } from '../../state/toasts.tsx';
import { SessionsTable } from '../tokens/sessions-table.tsx';
import { TokensTable } from '../tokens/tokens-table.tsx';
import { labelOfRole } from './roles.ts';
import { UserDialogs, type UserDialog } from './user-dialogs.tsx';
import { UserState } from './user-state.tsx';
import { UsedBy } from '../usage/used-by.tsx';

/** One user: role, rights with their origin, tokens and sessions. */
export function UserScreen({ params }: ScreenProps) {
  const name = params['name'] ?? '';
  const user = useResource<User>(pathTo('users', name));
  const { route } = useLocation();
  const [dialog, setDialog] = useState<UserDialog>();
  return (
    <Page
      title={name}
      crumbs={[{ label: 'Users', href: '/auth/users' }]}
      badges={user.data && <UserState user={user.data} />}
      actions={user.data && <UserActions user={user} data={user.data} onDialog={setDialog} />}
    >
      {user.error !== undefined && <ErrorState error={user.error} onRetry={() => void user.reload()} />}
      {user.data === undefined && user.error === undefined && <Skeleton lines={8} label="Loading the user" />}
      {user.data !== undefined && <UserContent user={user.data} />}
      {user.data !== undefined && dialog !== undefined && (
        <UserDialogs
          dialog={dialog}
          user={user.data}
          etag={user.etag}
          onChanged={() => void user.reload()}
          onRemoved={() => route('/auth/users')}
          onClose={() => setDialog(undefined)}
        />
      )}
    </Page>
  );
}

interface UserActionsProps {
  readonly user: Resource<User>;
  readonly data: User;
  onDialog(dialog: UserDialog): void;
}

function UserActions({ user, data, onDialog }: UserActionsProps) {
  const action = useAction();
  const toast = useToast();
  const me = useMe();
  const enable = (): void =>
    action.run(async () => {
      await call('PATCH', pathTo('users', data.name), { body: { disabled: false }, etag: user.etag });
      await user.reload();
      toast(`${data.name} can log in again.`);
    });
  const unlock = (): void =>
    action.run(async () => {
      await call('DELETE', `${pathTo('users', data.name)}/lockout`);
      toast(`The lockout of ${data.name} is removed.`);
    });
  return (
    <>
      {action.error !== undefined && <Alert kind="error">{action.error.message}</Alert>}
      <Button Icon={UserCog} onClick={() => onDialog('role')}>
        Change role
      </Button>
      <Button Icon={KeyRound} onClick={() => onDialog('password')}>
        Set password
      </Button>
      <Button Icon={LockOpen} isBusy={action.isBusy} onClick={unlock}>
        Unlock
      </Button>
      {data.disabled ? (
        <Button Icon={UserCheck} isBusy={action.isBusy} onClick={enable}>
          Enable
        </Button>
      ) : (
        <Button Icon={UserX} disabled={me.name === data.name} onClick={() => onDialog('disable')}>
          Disable
        </Button>
      )}
      <Button Icon={Trash} disabled={me.name === data.name} onClick={() => onDialog('remove')}>
        Remove
      </Button>
    </>
  );
}

function UserContent({ user }: { readonly user: User }) {
  const { name, role, groups, source, created, rightsFrom, rights = [] } = user;
  return (
    <>
      <Details
        items={[
          ['Role', labelOfRole(role)],
          [
            'Groups',
            groups.length === 0 ? (
              <span class="muted">none</span>
            ) : (
              <span class="row">
                {groups.map((group) => (
                  <a key={group} href={`/auth/groups/${encodeURIComponent(group)}`}>
                    {group}
                  </a>
                ))}
              </span>
            ),
          ],
          ['Source', source],
          ['Created', <Time value={created} never="unknown" />],
        ]}
      />
      <Section
        title="Rights on repositories"
        lead={
          rightsFrom === 'grants'
            ? `${name} has grants, directly or through a group. While that is so, the role gives no rights on repositories.`
            : `${name} has no grants, so the role gives the rights on repositories.`
        }
      >
        <RightsTable rights={rights} holder={name} />
        <p>
          <a href={`/auth/grants?subject=${encodeURIComponent(name)}`}>Grants of {name}</a>
        </p>
      </Section>
      <UsedBy subject={name} />
      <Section title="Access tokens">
        <TokensTable user={name} />
      </Section>
      <Section title="Sessions">
        <SessionsTable user={name} />
      </Section>
      <Equivalent
        command={`dockpass user show ${quoted(name)}`}
        api={{ method: 'GET', path: pathTo('users', name) }}
      />
    </>
  );
}
