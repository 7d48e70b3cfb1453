import Download from 'lucide-static/icons/download.svg';
import ScrollText from 'lucide-static/icons/scroll-text.svg';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { apiBase } from '../../api/client.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Pager } from '../../components/data/list-view.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { keyOfEvent } from '../../model/audit/audit-item.ts';
import {
  auditCommand,
  formatFilters,
  noFilters,
  readFilters,
  type AuditFilters,
} from '../../model/audit/filters.ts';
import { AuditFilterBar } from './audit-filter-bar.tsx';
import { auditColumns } from './audit-columns.tsx';
import { useAudit, type Audit as AuditData } from './use-audit.ts';

/** The audit log: who got access, who was denied, and who changed what. */
export function Audit() {
  const { query, route } = useLocation();
  const filters = readFilters(query);
  const [isLive, setLive] = useState(false);
  const audit = useAudit(filters, isLive);
  const change = (next: AuditFilters): void => route(`/auth/audit${formatFilters(next)}`, true);
  const isFiltered = formatFilters(filters) !== '';
  return (
    <Page
      title="Audit log"
      lead="Issued tokens, denied requests and administrative changes, newest first."
      actions={
        <>
          <ExportLink filters={filters} format="csv" label="Export CSV" />
          <ExportLink filters={filters} format="jsonl" label="Export JSON lines" />
        </>
      }
    >
      <AuditFilterBar filters={filters} onChange={change} isLive={isLive} onLive={setLive} />
      <Events audit={audit} isFiltered={isFiltered} onClear={() => change(noFilters)} />
      <Equivalent
        command={auditCommand(filters) + (isLive ? ' --follow' : '')}
        api={{ method: 'GET', path: `/audit${formatFilters(filters)}` }}
      />
    </Page>
  );
}

interface ExportLinkProps {
  readonly filters: AuditFilters;
  readonly format: 'csv' | 'jsonl';
  readonly label: string;
}

/** A download of the same rows. The server sends them while it reads them, so their number does not matter. */
function ExportLink({ filters, format, label }: ExportLinkProps) {
  return (
    <a
      class="button button-secondary"
      href={`${apiBase}/audit/export${formatFilters(filters, { format })}`}
      download
    >
      <Download />
      <span>{label}</span>
    </a>
  );
}

interface EventsProps {
  readonly audit: AuditData;
  readonly isFiltered: boolean;
  onClear(): void;
}

function Events({ audit, isFiltered, onClear }: EventsProps) {
  const { items, error } = audit;
  if (error !== undefined) return <ErrorState error={error} onRetry={audit.reload} />;
  if (items === undefined) return <Skeleton lines={10} label="Loading the audit log" />;
  if (items.length === 0 && audit.page === 1)
    return (
      <EmptyState
        Icon={ScrollText}
        title={isFiltered ? 'No event matches' : 'Nothing has happened yet'}
        action={isFiltered && <Button onClick={onClear}>Clear filters</Button>}
      >
        {isFiltered
          ? 'Choose a longer time or fewer filters. Older events may have been removed, see the setting audit.keep.'
          : 'Events appear here with the first docker login, pull or push.'}
      </EmptyState>
    );
  return (
    <>
      {audit.uncertain > 0 && (
        <p class="muted">
          {audit.uncertain === 1 ? '1 other event does' : `${audit.uncertain} other events do`} not list all
          repositories, so the result may be incomplete. To see these events, remove the filter “Repository”.
        </p>
      )}
      <DataTable
        caption="Audit log"
        columns={auditColumns(audit.fresh)}
        rows={items}
        keyOf={keyOfEvent}
        isBusy={audit.isLoading}
      />
      <Pager list={audit} label="Pages of the audit log" previous="Newer" next="Older" />
    </>
  );
}
