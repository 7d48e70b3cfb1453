import { useLocation } from 'preact-iso/router';
import { queryText } from '../../api/client.ts';
import type { UnusedItem, UsageItem } from '../../api/usage-types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { LazyPullsPlot } from '../../components/plot/lazy-pulls-plot.ts';
import { Equivalent } from '../../components/text/equivalent.tsx';
import {
  formatFilters,
  queryOf,
  readFilters,
  usageCommand,
  type UsageFilters,
} from '../../model/usage/filters.ts';
import { usageColumns, unusedColumns } from './usage-columns.tsx';
import { UsageFilterBar } from './usage-filter-bar.tsx';
import { NoUsage } from './usage-guide.tsx';

/** Filters, plot and table of usage. @param repository of one repository; undefined: of all repositories */
export function UsageContent({ repository }: { readonly repository?: string }) {
  const { query, path, route } = useLocation();
  const asked = readFilters(query);
  const filters = repository === undefined ? asked : { ...asked, repository };
  const isOne = repository !== undefined;
  const change = (next: UsageFilters): void =>
    route(path + formatFilters(isOne ? { ...next, repository: '' } : next), true);
  return (
    <>
      <UsageFilterBar filters={filters} isOneRepository={isOne} onChange={change} />
      {filters.view === 'unused' ? (
        <UnusedTable filters={filters} isOne={isOne} />
      ) : (
        <>
          <LazyPullsPlot period={filters.period} query={{ repository: filters.repository, by: filters.by }} />
          <UsageTable filters={filters} isOne={isOne} />
        </>
      )}
    </>
  );
}

interface TableProps {
  readonly filters: UsageFilters;
  readonly isOne: boolean;
}

function UsageTable({ filters, isOne }: TableProps) {
  const query = queryOf(filters);
  const list = useList<UsageItem>('/usage', query);
  const command = usageCommand(filters);
  return (
    <>
      <ListView
        list={list}
        caption="Usage of images"
        keyOf={({ name, domain }) => `${domain} ${name}`}
        columns={usageColumns({ isOneRepository: isOne, isOneSubject: filters.by !== '' })}
        empty={<NoUsage isUnused={false} />}
      />
      <Equivalent
        {...(command !== undefined && { command })}
        api={{ method: 'GET', path: `/usage${queryText(query)}` }}
      />
    </>
  );
}

function UnusedTable({ filters, isOne }: TableProps) {
  const query = queryOf(filters);
  const list = useList<UnusedItem>('/usage/unused', query);
  return (
    <>
      <p class="muted">
        Tags that no one has pulled, by tag or by digest. Tags that were pushed before the registry sent
        events to dockpass are not listed: the page of their repository shows them.
      </p>
      <ListView
        list={list}
        caption="Tags that no one pulls"
        keyOf={({ name }) => name}
        columns={unusedColumns({ isOneRepository: isOne })}
        empty={<NoUsage isUnused />}
      />
      <Equivalent api={{ method: 'GET', path: `/usage/unused${queryText(query)}` }} />
    </>
  );
}
