import ActivityIcon from 'lucide-static/icons/activity.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Section } from '../../components/layout/page.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Time } from '../../components/text/time.tsx';

/** A row of the audit log. */
interface Event {
  readonly id: string;
  readonly name: string;
  readonly time: string;
  readonly outcome: 'issued' | 'refused' | 'changed';
  readonly asked: string;
  readonly granted: string;
  readonly reason: string;
}

const shownCount = 8;
const pollMs = 10_000;

/** The last rows of the audit log. */
export function Activity() {
  const { data, error, reload } = useResource<Page<Event>>('/audit', {
    query: { limit: shownCount },
    pollMs,
  });
  return (
    <Section title="Recent activity" actions={<a href="/auth/audit">Audit log</a>}>
      {error !== undefined && <ErrorState error={error} onRetry={() => void reload()} />}
      {error === undefined && data === undefined && <Skeleton lines={6} label="Loading the audit log" />}
      {data?.items.length === 0 && (
        <EmptyState Icon={ActivityIcon} title="Nothing has happened yet">
          Logins, denials and changes appear here.
        </EmptyState>
      )}
      {data !== undefined && data.items.length > 0 && (
        <DataTable
          caption="The last rows of the audit log"
          rows={data.items}
          keyOf={({ id, time, asked }) => `${id} ${time} ${asked}`}
          columns={[
            { label: 'Time', render: ({ time }) => <Time value={time} /> },
            { label: 'Outcome', render: ({ outcome }) => <Outcome outcome={outcome} /> },
            { label: 'Who', render: ({ name }) => name || <span class="muted">anonymous</span> },
            { label: 'What', render: (event) => <span class="wrap">{describe(event)}</span> },
          ]}
        />
      )}
    </Section>
  );
}

function Outcome({ outcome }: Pick<Event, 'outcome'>) {
  const kinds = { issued: 'good', refused: 'danger', changed: 'accent' } as const;
  const words = { issued: 'Issued', refused: 'Denied', changed: 'Changed' } as const;
  return <Badge kind={kinds[outcome]}>{words[outcome]}</Badge>;
}

function describe({ outcome, asked, granted, reason }: Event): string {
  if (outcome === 'changed') return reason;
  if (outcome === 'refused') return asked === '' ? reason : `${asked} (${reason})`;
  if (asked === '') return 'login';
  return granted === '' ? `${asked}, nothing granted` : granted;
}
