import type { OnlyRight, Right } from '../../api/types.ts';
import { EmptyState } from '../feedback/states.tsx';
import { DataTable } from '../data/data-table.tsx';
import ShieldOff from 'lucide-static/icons/shield-off.svg';
import { Badge } from './badge.tsx';

/** The actions of a right, as badges. */
export function Actions({ actions }: { readonly actions: readonly string[] }) {
  // `*` includes all others.
  const shown = actions.includes('*') ? ['*'] : actions;
  return (
    <span class="row">
      {shown.map((action) => (
        <Badge key={action} kind={action === 'pull' ? 'neutral' : action === 'push' ? 'accent' : 'warning'}>
          {action === '*' ? 'everything' : action}
        </Badge>
      ))}
    </span>
  );
}

export interface RightsTableProps {
  readonly rights: readonly Right[];
  /** Whose rights these are, for screen readers and for the empty state. */
  readonly holder: string;
}

/** Rights on repositories, with the origin of each. */
export function RightsTable({ rights, holder }: RightsTableProps) {
  if (rights.length === 0)
    return (
      <EmptyState Icon={ShieldOff} title="No rights on private repositories">
        {holder} can pull public repositories only. A grant, or another role, gives more.
      </EmptyState>
    );
  return (
    <DataTable
      caption={`Rights of ${holder}`}
      rows={rights}
      keyOf={({ pattern, from = '' }) => `${pattern} ${from}`}
      columns={[
        { label: 'Repositories', isName: true, render: ({ pattern }) => <Pattern text={pattern} /> },
        { label: 'Actions', render: ({ actions }) => <Actions actions={actions} /> },
        { label: 'Origin', render: ({ from }) => from ?? '' },
      ]}
    />
  );
}

/** A pattern of repository names. The pattern for all of them is explained. */
export function Pattern({ text }: { readonly text: string }) {
  return (
    <>
      <code>{text}</code>
      {text === '**' && <span class="muted"> (all repositories)</span>}
    </>
  );
}

/** Formats a right of a token or robot as the command line reads it: `team/**:pull,push`. */
export function formatOnly(right: OnlyRight): string {
  return typeof right === 'string' ? right : `${right.pattern}:${right.actions.join(',')}`;
}

/** The rights to which a token or robot is limited. */
export function OnlyList({ only }: { readonly only: readonly OnlyRight[] | null }) {
  if (only === null) return <span class="muted">all rights of the user</span>;
  return (
    <ul class="only-list">
      {only.map(formatOnly).map((text) => (
        <li key={text}>
          <code>{text}</code>
        </li>
      ))}
    </ul>
  );
}
