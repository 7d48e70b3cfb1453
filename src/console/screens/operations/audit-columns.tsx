import type { Column } from '../../components/data/data-table.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { keyOfEvent, outcomeNames, type AuditItem } from '../../model/audit/audit-item.ts';
import { describeScopes } from '../../model/audit/describe-scopes.ts';
import { trustRuleHref, trustRuleOf } from '../../model/trust/subject.ts';
import { visible } from '../../model/visible-text.ts';
import { formatSeconds } from '../../format/clock-time.ts';

const kinds = { issued: 'good', refused: 'danger', changed: 'accent' } as const;

/** The columns of the audit log. @param fresh the keys of events that have just arrived */
export function auditColumns(fresh: ReadonlySet<string>): readonly Column<AuditItem>[] {
  return [
    {
      label: 'Time',
      isName: true,
      render: (event) => (
        <a href={`/auth/explain/${encodeURIComponent(event.id)}`} class="event-time" title="Show details">
          <time dateTime={event.time}>{formatSeconds(event.time)}</time>
          {fresh.has(keyOfEvent(event)) && <Badge kind="accent">new</Badge>}
        </a>
      ),
    },
    {
      label: 'Event',
      render: ({ outcome, times }) => (
        <span class="event-kind">
          <Badge kind={kinds[outcome]}>{outcomeNames[outcome]}</Badge>
          {times > 1 && <span class="muted"> {times} times</span>}
        </span>
      ),
    },
    { label: 'Who', render: (event) => <Who event={event} /> },
    { label: 'What', render: (event) => <What event={event} /> },
    {
      label: 'From',
      render: ({ address, client }) => (
        <span class="wrap event-from">
          {address}
          {client !== '' && <span class="muted event-client">{client}</span>}
        </span>
      ),
    },
  ];
}

function Who({ event: { name, outcome } }: { readonly event: AuditItem }) {
  if (name === '') return <span class="muted">{outcome === 'changed' ? '–' : 'no login'}</span>;
  return (
    <span class="wrap event-who">
      <Subject name={name} />
      {outcome === 'refused' && <span class="muted"> (claimed)</span>}
    </span>
  );
}

/** A name. The subject of a trust rule leads to the rule. */
function Subject({ name }: { readonly name: string }) {
  const rule = trustRuleOf(name);
  return rule === undefined ? <>{name}</> : <a href={trustRuleHref(rule)}>{name}</a>;
}

/** How many scopes of a request the table shows. The page of the event shows all of them. */
const shownScopes = 3;

function What({ event }: { readonly event: AuditItem }) {
  const { outcome, reason, asked, granted } = event;
  if (outcome === 'changed') return <span class="wrap">{visible(reason)}</span>;
  const scopes = describeScopes(asked, granted);
  return (
    <span class="event-what">
      {scopes.length === 0 && outcome === 'issued' && 'login'}
      {scopes.slice(0, shownScopes).map(({ type, name, actions, missing }) => (
        <span key={`${type} ${name}`} class="wrap">
          {type === 'registry' ? 'the catalog' : name}
          {actions.length > 0 && <span class="muted"> {actions.join(', ')}</span>}
          {missing.length > 0 && <span class="event-missing"> not {missing.join(', ')}</span>}
        </span>
      ))}
      {scopes.length > shownScopes && <span class="muted">and {scopes.length - shownScopes} more</span>}
      {outcome === 'refused' && <code>{visible(reason)}</code>}
    </span>
  );
}
