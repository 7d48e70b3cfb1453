import type { ComponentChildren } from 'preact';
import { Details } from '../../components/data/details.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Time } from '../../components/text/time.tsx';
import { outcomeNames, type AuditItem } from '../../model/audit/audit-item.ts';
import { formatFilters, noFilters } from '../../model/audit/filters.ts';
import { visible } from '../../model/visible-text.ts';
import { trustRuleHref, trustRuleOf } from '../../model/trust/subject.ts';

const kinds = { issued: 'good', refused: 'danger', changed: 'accent' } as const;

/** All that the audit log says about an event. */
export function EventDetails({ event }: { readonly event: AuditItem }) {
  const { time, outcome, name, address, client, host, realm, asked, granted, reason, tokenId, times } = event;
  const optional = (label: string, text: string, show: ComponentChildren = text) =>
    text === '' ? [] : ([[label, show]] as const);
  return (
    <Details
      items={[
        ['Event', <Badge kind={kinds[outcome]}>{outcomeNames[outcome]}</Badge>],
        ['Time', <Time value={time} withDistance />],
        [
          outcome === 'refused' ? 'Claimed name' : 'Who',
          name === '' ? (
            <span class="muted">{outcome === 'refused' ? 'no known name' : 'no login'}</span>
          ) : (
            <Who name={name} />
          ),
        ],
        ...optional('Address', address),
        ...optional('Client', client),
        ...optional('Host', host, realm === '' ? host : `${host} (${realm} domain)`),
        ...optional('Requested', asked, <code>{asked}</code>),
        ...(outcome === 'issued' && asked !== ''
          ? ([['Granted', granted === '' ? 'nothing' : <code>{granted}</code>]] as const)
          : []),
        ...optional(outcome === 'changed' ? 'Change' : 'Reason', visible(reason, 10_000)),
        ...optional('Token', tokenId, <code>{tokenId}</code>),
        ...(times > 1 ? ([['Counted', `${times} times`]] as const) : []),
      ]}
    />
  );
}

/** Leads to the other events of the same name, and for the subject of a trust rule also to the rule. */
function Who({ name }: { readonly name: string }) {
  const rule = trustRuleOf(name);
  return (
    <>
      <a href={`/auth/audit${formatFilters({ ...noFilters, user: name })}`}>{name}</a>
      {rule !== undefined && (
        <span class="cell-note">
          <a href={trustRuleHref(rule)}>trust rule</a>
        </span>
      )}
    </>
  );
}
