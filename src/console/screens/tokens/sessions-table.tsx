import { useState } from 'preact/hooks';
import MonitorOff from 'lucide-static/icons/monitor-off.svg';
import { call, pathTo } from '../../api/client.ts';
import type { Session } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { quoted } from '../../components/text/equivalent.tsx';
import { LastUse, Time } from '../../components/text/time.tsx';
import { subjectHref } from '../../model/trust/subject.ts';
import { useMe } from '../../state/session.tsx';
import { useToast } from '../../state/toasts.tsx';

export interface SessionsTableProps {
  readonly user?: string;
  readonly search?: string;
}

/** Sessions: logins of clients that store a refresh token, and of this console. */
export function SessionsTable({ user, search = '' }: SessionsTableProps) {
  const list = useList<Session>('/sessions', { user, q: search });
  const [ending, setEnding] = useState<Session>();
  const { sessionId } = useMe();
  return (
    <>
      <ListView
        list={list}
        caption={user === undefined ? 'Sessions' : `Sessions of ${user}`}
        keyOf={({ id }) => id}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={MonitorOff} title="No sessions">
            A session begins when a client logs in and stores an identity token, or when someone signs in to
            this console.
          </EmptyState>
        }
        columns={[
          {
            label: 'Client',
            isName: true,
            render: ({ id, client, browser }) => (
              <span class="row">
                <span class="client-name" title={browser ?? undefined}>
                  {nameOfClient(client, browser)}
                </span>
                {id === sessionId && <Badge kind="accent">This browser</Badge>}
              </span>
            ),
          },
          ...(user === undefined
            ? [
                {
                  label: 'User',
                  render: (row: Session) => <a href={subjectHref(row.user)}>{row.user}</a>,
                },
              ]
            : []),
          { label: 'Host', render: ({ host }) => host },
          { label: 'Began', render: ({ createdAt }) => <Time value={createdAt} /> },
          {
            label: 'Last used',
            render: ({ lastUsedAt, lastUsedFrom }) => <LastUse at={lastUsedAt} from={lastUsedFrom} />,
          },
          {
            label: 'Actions',
            isActions: true,
            render: (session) => (
              <Button
                aria-label={`End the session ${session.id} of ${session.user}`}
                onClick={() => setEnding(session)}
              >
                End
              </Button>
            ),
          },
        ]}
      />
      {ending !== undefined && (
        <EndSession
          session={ending}
          onClose={() => setEnding(undefined)}
          onEnded={() => void list.reload()}
        />
      )}
    </>
  );
}

/** Returns `Console in Firefox on Linux`, or the name that the client gave. */
function nameOfClient(client: string, browser: string | null | undefined): string {
  if (!browser) return client === '' ? 'unknown client' : client;
  const known = ['Edg/', 'OPR/', 'Firefox/', 'Chrome/', 'Safari/'].find((mark) => browser.includes(mark));
  const name =
    known === undefined ? undefined : ({ 'Edg/': 'Edge', 'OPR/': 'Opera' }[known] ?? known.slice(0, -1));
  const system = ['Android', 'iPhone', 'Windows', 'Mac OS', 'Linux'].find((word) => browser.includes(word));
  return `Console in ${name ?? browser}${system === undefined ? '' : ` on ${system}`}`;
}

interface EndSessionProps {
  readonly session: Session;
  onEnded(): void;
  onClose(): void;
}

function EndSession({ session, onEnded, onClose }: EndSessionProps) {
  const toast = useToast();
  const { id, user, client } = session;
  const path = pathTo('sessions', id);
  return (
    <ConfirmDialog
      title={`End this session of ${user}?`}
      confirm="End session"
      equivalent={{ command: `dockpass session revoke ${quoted(id)}`, api: { method: 'DELETE', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path);
        onClose();
        onEnded();
        toast(`The session of ${user} has ended.`);
      }}
    >
      <p>
        {client === 'console'
          ? `The browser of ${user} must sign in again.`
          : `The client must log in again. Registry tokens that were already issued stay valid until they expire.`}
      </p>
    </ConfirmDialog>
  );
}
