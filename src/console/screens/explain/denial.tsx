import { pathTo } from '../../api/client.ts';
import { useResource } from '../../api/use-resource.ts';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Page } from '../../components/layout/page.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { EventDetails } from '../operations/event-details.tsx';
import type { AuditItem } from '../../model/audit/audit-item.ts';
import { questionHref } from '../../model/explain/question.ts';
import { describeScopes } from '../../model/audit/describe-scopes.ts';
import type { ScreenProps } from '../../state/screen-props.ts';

interface ExplainedEvent {
  /** The event as the audit log stores it. Its names differ from those of the other answers. */
  readonly event: Omit<AuditItem, 'name' | 'time'> & { readonly subject: string; readonly at: number };
  readonly meaning: readonly string[];
}

function itemOf({ event: { subject, at, ...event } }: ExplainedEvent): AuditItem {
  return { ...event, name: subject, time: new Date(at).toISOString() };
}

/** Explains an event of the audit log, mostly the denial whose id a client has shown. */
export function Denial({ params }: ScreenProps) {
  const { id = '' } = params;
  const path = pathTo('explain', id);
  const denial = useResource<{ readonly items: readonly ExplainedEvent[] }>(path);
  const items = (denial.data?.items ?? []).map((item) => ({ event: itemOf(item), meaning: item.meaning }));
  return (
    <Page
      title={`Event ${id}`}
      crumbs={[{ label: 'Explain access', href: '/auth/explain' }]}
      lead={
        items.length > 1
          ? 'Several events have this id, because similar errors of one client share an id for one minute.'
          : undefined
      }
    >
      {denial.error !== undefined && <ErrorState error={denial.error} onRetry={() => void denial.reload()} />}
      {denial.data === undefined && denial.error === undefined && (
        <Skeleton lines={6} label="Loading the event" />
      )}
      {items.map(({ event, meaning }, at) => (
        <article class="card" key={`${at} ${event.time}`}>
          {meaning.length > 0 && (
            <div>
              <h2>What it means</h2>
              {meaning.map((sentence) => (
                <p key={sentence} class="wrap">
                  {sentence}
                </p>
              ))}
            </div>
          )}
          <EventDetails event={event} />
          <NextQuestion event={event} />
        </article>
      ))}
      <Equivalent command={`dockpass explain ${id}`} api={{ method: 'GET', path }} />
    </Page>
  );
}

/** Leads to the explanation of what the same client would get now. */
function NextQuestion({ event }: { readonly event: AuditItem }) {
  // The log does not contain the token, so the person must paste it.
  if (/^(?:jwt_rejected|invalid_subject_token)/.test(event.reason))
    return (
      <div>
        <LinkButton href="/auth/trust/test">Test a token of this job</LinkButton>
      </div>
    );
  const scope = describeScopes(event.asked, event.granted).find(({ type }) => type === 'repository');
  if (scope === undefined || event.host === '') return null;
  const href = questionHref({
    host: event.host,
    user: event.name,
    token: '',
    address: event.address,
    repository: scope.name,
    actions: [...scope.actions, ...scope.missing],
  });
  return (
    <div>
      <LinkButton href={href}>Explain what this client would get now</LinkButton>
    </div>
  );
}
