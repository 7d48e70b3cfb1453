import { useState } from 'preact/hooks';
import KeyRound from 'lucide-static/icons/key-round.svg';
import Plus from 'lucide-static/icons/plus.svg';
import { call, pathTo } from '../../api/client.ts';
import type { AccessToken } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import type { Column } from '../../components/data/data-table.tsx';
import { ListView } from '../../components/data/list-view.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { quoted } from '../../components/text/equivalent.tsx';
import { OnlyList } from '../../components/text/rights.tsx';
import { Expiry, LastUse } from '../../components/text/time.tsx';
import { useToast } from '../../state/toasts.tsx';
import { CreateToken } from './create-token.tsx';

export interface TokensTableProps {
  /** Shows only the tokens of this user. Without it, the tokens of all users. */
  readonly user?: string;
  readonly search?: string;
  /** Shows a search box. */
  onSearch?(search: string): void;
}

/** Access tokens, with the buttons that create and revoke them. */
export function TokensTable({ user, search = '', onSearch }: TokensTableProps) {
  const list = useList<AccessToken>('/tokens', { user, q: search });
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<AccessToken>();
  const create = (
    <Button Icon={Plus} onClick={() => setCreating(true)}>
      Create access token
    </Button>
  );
  return (
    <>
      {(onSearch !== undefined || (list.items?.length ?? 0) > 0) && (
        <div class="toolbar">
          {onSearch && <SearchBox label="Search access tokens" value={search} onSearch={onSearch} />}
          <div class="page-actions">{create}</div>
        </div>
      )}
      <ListView
        list={list}
        caption={user === undefined ? 'Access tokens' : `Access tokens of ${user}`}
        keyOf={({ id }) => id}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={KeyRound} title="No access tokens" action={create}>
            With an access token, a program can log in without knowing the password. Each one can be limited
            and revoked on its own.
          </EmptyState>
        }
        columns={columns(user === undefined, setRevoking)}
      />
      {isCreating && (
        <CreateToken user={user} onClose={() => setCreating(false)} onCreated={() => void list.reload()} />
      )}
      {revoking !== undefined && (
        <RevokeToken
          token={revoking}
          onClose={() => setRevoking(undefined)}
          onRevoked={() => void list.reload()}
        />
      )}
    </>
  );
}

function columns(withUser: boolean, onRevoke: (token: AccessToken) => void): readonly Column<AccessToken>[] {
  return [
    {
      label: 'Name',
      isName: true,
      render: ({ name, api, description }) => (
        <>
          {name} {api && <Badge kind="accent">API</Badge>}
          {description && <span class="cell-note">{description}</span>}
        </>
      ),
    },
    ...(withUser
      ? [
          {
            label: 'User',
            render: ({ user }: AccessToken) => <a href={`/auth/users/${encodeURIComponent(user)}`}>{user}</a>,
          },
        ]
      : []),
    { label: 'Limited to', render: ({ only }) => <OnlyList only={only} /> },
    { label: 'Expires', render: ({ expires }) => <Expiry value={expires} /> },
    {
      label: 'Last used',
      render: ({ lastUsed, lastUsedFrom }) => <LastUse at={lastUsed} from={lastUsedFrom} />,
    },
    {
      label: 'Actions',
      isActions: true,
      render: (token) => (
        <Button aria-label={`Revoke ${token.name} of ${token.user}`} onClick={() => onRevoke(token)}>
          Revoke
        </Button>
      ),
    },
  ];
}

interface RevokeTokenProps {
  readonly token: AccessToken;
  onRevoked(): void;
  onClose(): void;
}

function RevokeToken({ token, onRevoked, onClose }: RevokeTokenProps) {
  const toast = useToast();
  const { name, user, id } = token;
  const path = pathTo('tokens', id);
  return (
    <ConfirmDialog
      title={`Revoke the access token ${name}?`}
      confirm={`Revoke ${name}`}
      equivalent={{
        command: `dockpass token revoke ${quoted(name)} --user ${quoted(user)}`,
        api: { method: 'DELETE', path },
      }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path);
        onRevoked();
        toast(`The access token ${name} was revoked.`);
        onClose();
      }}
    >
      <p>
        Programs that use this token of {user} cannot log in from the next request on. Registry tokens that
        were already issued stay valid until they expire. This cannot be undone.
      </p>
    </ConfirmDialog>
  );
}
