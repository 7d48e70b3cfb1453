import ChartColumn from 'lucide-static/icons/chart-column.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import type { UsageItem } from '../../api/usage-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatFilters } from '../../model/usage/filters.ts';
import { usageColumns } from './usage-columns.tsx';

export interface UsedByProps {
  /** A user, a robot, or `ci:NAME`. */
  readonly subject: string;
  /** How the text names the subject, for example `you`. */
  readonly called?: string;
}

const period = '90d';
const shownCount = 8;
const columns = usageColumns({ isOneSubject: true });

/** The images that a person or a program has pulled and pushed last. */
export function UsedBy({ subject, called = subject }: UsedByProps) {
  const { data, error, reload } = useResource<Page<UsageItem>>('/usage', {
    query: { by: subject, since: period, order: 'lastUse', limit: shownCount },
  });
  return (
    <Section
      title="Images pulled and pushed last"
      lead="In the last 90 days."
      actions={
        <a href={`/auth/usage${formatFilters({ view: 'lastUse', period, by: subject })}`}>All usage</a>
      }
    >
      {error !== undefined && <ErrorState error={error} onRetry={() => void reload()} />}
      {error === undefined && data === undefined && <Skeleton lines={4} label="Loading the usage" />}
      {data?.items.length === 0 && (
        <EmptyState Icon={ChartColumn} title="No pulls and pushes">
          Images that {called} {called === 'you' ? 'pull or push' : 'pulls or pushes'} appear here.
        </EmptyState>
      )}
      {data !== undefined && data.items.length > 0 && (
        <DataTable
          caption="Images pulled and pushed last"
          rows={data.items}
          keyOf={({ name, domain }) => `${domain} ${name}`}
          columns={columns}
        />
      )}
    </Section>
  );
}
