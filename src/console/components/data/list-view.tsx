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
      {(list.page > 1 || list.hasNext) && (
        <nav class="pager" aria-label={`Pages: ${caption}`}>
          <span aria-live="polite">Page {list.page}</span>
          <Button Icon={ChevronLeft} disabled={list.page === 1} onClick={list.showPrevious}>
            Previous
          </Button>
          <Button Icon={ChevronRight} disabled={!list.hasNext} onClick={list.showNext}>
            Next
          </Button>
        </nav>
      )}
    </>
  );
}
