import ActivityIcon from 'lucide-static/icons/activity.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Section } from '../../components/layout/page.tsx';
import { keyOfEvent, type AuditItem } from '../../model/audit/audit-item.ts';
import { auditColumns } from '../operations/audit-columns.tsx';

const shownCount = 8;
const pollMs = 10_000;
const columns = auditColumns(new Set());

/** The last rows of the audit log. */
export function Activity() {
  const { data, error, reload } = useResource<Page<AuditItem>>('/audit', {
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
          keyOf={keyOfEvent}
          columns={columns}
        />
      )}
    </Section>
  );
}
