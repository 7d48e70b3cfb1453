import BellCheck from 'lucide-static/icons/bell-check.svg';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { useWarnings } from '../../state/use-warnings.ts';
import { FindingCard } from './finding-card.tsx';

/** Problems that do not stop the server yet. */
export function Warnings() {
  const warnings = useWarnings();
  const { data, error } = warnings;
  return (
    <Page
      title="Warnings"
      lead="The server checks itself every 15 seconds and warns before something stops working."
      actions={<LinkButton href="/auth/doctor">Open doctor</LinkButton>}
    >
      {error !== undefined && <ErrorState error={error} onRetry={() => void warnings.reload()} />}
      {data === undefined && error === undefined && <Skeleton lines={4} label="Loading the warnings" />}
      {data?.items.length === 0 && (
        <EmptyState Icon={BellCheck} title="There are no warnings">
          Certificates, keys, robots, disk space, clock and database are fine. Doctor checks registry and edge
          too.
        </EmptyState>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ul class="cards">
          {data.items.map(({ details, ...finding }) => (
            <li key={finding.code}>
              <FindingCard finding={finding} />
              {details !== null && <p class="muted wrap">{details}</p>}
            </li>
          ))}
        </ul>
      )}
      <Equivalent command="dockpass status" api={{ method: 'GET', path: '/warnings' }} />
    </Page>
  );
}
