import { Badge } from './badge.tsx';

/** What someone may do: `pull`, `push`, `delete`, or everything. */
export function Actions({ actions }: { readonly actions: readonly string[] }) {
  if (actions.length === 0) return <span class="muted">nothing</span>;
  const shown = actions.includes('*') ? ['everything'] : actions;
  return (
    <span class="actions-list">
      {shown.map((action) => (
        <Badge key={action} kind={action === 'everything' || action === 'delete' ? 'warning' : 'neutral'}>
          {action}
        </Badge>
      ))}
    </span>
  );
}
