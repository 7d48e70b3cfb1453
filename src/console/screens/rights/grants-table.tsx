import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import Plus from 'lucide-static/icons/plus.svg';
import ShieldCheck from 'lucide-static/icons/shield-check.svg';
import { call, queryText } from '../../api/client.ts';
import type { Grant } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { quoted } from '../../components/text/equivalent.tsx';
import { Actions, Pattern } from '../../components/text/rights.tsx';
import { useToast } from '../../state/toasts.tsx';
import { CreateGrant } from './create-grant.tsx';

export interface GrantsTableProps {
  /** Shows only the grants of this user or `group:NAME`. */
  readonly subject?: string;
  readonly search?: string;
  /** Shown at the left of the button that adds a grant, for example a search box. */
  readonly children?: ComponentChildren;
}

/** Grants, with the buttons that add and remove them. */
export function GrantsTable({ subject, search = '', children }: GrantsTableProps) {
  const list = useList<Grant>('/grants', { subject, q: search });
  const [isCreating, setCreating] = useState(false);
  const [removing, setRemoving] = useState<Grant>();
  const add = (
    <Button Icon={Plus} onClick={() => setCreating(true)}>
      Add grant
    </Button>
  );
  return (
    <>
      {(children !== undefined || (list.items?.length ?? 0) > 0) && (
        <div class="toolbar">
          {children}
          <div class="page-actions">{add}</div>
        </div>
      )}
      <ListView
        list={list}
        caption={subject === undefined ? 'Grants' : `Grants of ${subject}`}
        keyOf={(grant) => `${grant.subject} ${grant.pattern}`}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={ShieldCheck} title="No grants" action={add}>
            Without grants, the role of a user decides. A grant limits a user or group to certain
            repositories.
          </EmptyState>
        }
        columns={[
          ...(subject === undefined
            ? [{ label: 'Who', isName: true, render: (grant: Grant) => <Subject name={grant.subject} /> }]
            : []),
          { label: 'Repositories', render: ({ pattern }) => <Pattern text={pattern} /> },
          { label: 'Actions', render: ({ actions }) => <Actions actions={actions} /> },
          {
            label: 'Change',
            isActions: true,
            render: (grant) => (
              <Button
                aria-label={`Remove the grant of ${grant.subject} on ${grant.pattern}`}
                onClick={() => setRemoving(grant)}
              >
                Remove
              </Button>
            ),
          },
        ]}
      />
      {isCreating && (
        <CreateGrant
          subject={subject}
          onClose={() => setCreating(false)}
          onCreated={() => void list.reload()}
        />
      )}
      {removing !== undefined && (
        <RemoveGrant
          grant={removing}
          onClose={() => setRemoving(undefined)}
          onRemoved={() => void list.reload()}
        />
      )}
    </>
  );
}

/** A link to the user or group of a grant. */
export function Subject({ name }: { readonly name: string }) {
  const group = /^group:(.*)$/s.exec(name)?.[1];
  return group === undefined ? (
    <a href={`/auth/users/${encodeURIComponent(name)}`}>{name}</a>
  ) : (
    <>
      <a href={`/auth/groups/${encodeURIComponent(group)}`}>{group}</a> <span class="muted">(group)</span>
    </>
  );
}

interface RemoveGrantProps {
  readonly grant: Grant;
  onRemoved(): void;
  onClose(): void;
}

function RemoveGrant({ grant: { subject, pattern }, onRemoved, onClose }: RemoveGrantProps) {
  const toast = useToast();
  const path = `/grants${queryText({ subject, pattern })}`;
  return (
    <ConfirmDialog
      title={`Remove the grant on ${pattern}?`}
      confirm="Remove grant"
      equivalent={{
        command: `dockpass grant remove ${quoted(subject)} ${quoted(pattern)}`,
        api: { method: 'DELETE', path },
      }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path);
        onRemoved();
        toast(`The grant of ${subject} on ${pattern} was removed.`);
        onClose();
      }}
    >
      <p>
        {subject} loses these rights from the next request on. The rights of the role do not come back by
        themselves: to use them again, change the role of the user.
      </p>
    </ConfirmDialog>
  );
}
