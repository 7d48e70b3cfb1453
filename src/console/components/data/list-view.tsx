import type { ComponentChildren } from 'preact';
import ChevronLeft from 'lucide-static/icons/chevron-left.svg';
import ChevronRight from 'lucide-static/icons/chevron-right.svg';
import SearchX from 'lucide-static/icons/search-x.svg';
import type { List } from '../../api/use-list.ts';
import { EmptyState, ErrorState, Skeleton } from '../feedback/states.tsx';
import { Button } from '../form/button.tsx';
import { DataTable, type Column } from './data-table.tsx';

export interface ListViewProps<T> {
  readonly list: List<T>;
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  keyOf(row: T): string;
  /** Shown if the list has no rows and no search. */
  readonly empty: ComponentChildren;
  /** True if the person searches or filters. Then an empty list says that nothing matches. */
  readonly isFiltered?: boolean;
}

/** A list of the API as a table, with its loading, empty and error states and with buttons for the pages. */
export function ListView<T>({ list, caption, columns, keyOf, empty, isFiltered = false }: ListViewProps<T>) {
  const { items, error } = list;
  if (error !== undefined) return <ErrorState error={error} onRetry={() => void list.reload()} />;
  if (items === undefined) return <Skeleton lines={8} label={`Loading: ${caption}`} />;
  if (items.length === 0 && list.page === 1)
    return isFiltered ? (
      <EmptyState Icon={SearchX} title="Nothing matches">
        Change or clear the search.
      </EmptyState>
    ) : (
      <>{empty}</>
    );
  return (
    <>
      <DataTable caption={caption} columns={columns} rows={items} keyOf={keyOf} isBusy={list.isLoading} />
      <Pager list={list} label={`Pages: ${caption}`} />
    </>
  );
}

export interface PagerProps {
  readonly list: Pick<List<unknown>, 'page' | 'hasNext' | 'showNext' | 'showPrevious'>;
  /** What has pages, for screen readers. */
  readonly label: string;
  readonly previous?: string;
  readonly next?: string;
}

/** Buttons for the pages of a list. Shows nothing if there is one page only. */
export function Pager({ list, label, previous = 'Previous', next = 'Next' }: PagerProps) {
  if (list.page === 1 && !list.hasNext) return null;
  return (
    <nav class="pager" aria-label={label}>
      <span aria-live="polite">Page {list.page}</span>
      <Button Icon={ChevronLeft} disabled={list.page === 1} onClick={list.showPrevious}>
        {previous}
      </Button>
      <Button Icon={ChevronRight} disabled={!list.hasNext} onClick={list.showNext}>
        {next}
      </Button>
    </nav>
  );
}
