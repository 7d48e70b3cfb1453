import type { ComponentChildren } from 'preact';
import ArrowDown from 'lucide-static/icons/arrow-down.svg';
import ArrowUp from 'lucide-static/icons/arrow-up.svg';
import ArrowUpDown from 'lucide-static/icons/arrow-up-down.svg';

export interface Column<T> {
  readonly label: string;
  render(row: T): ComponentChildren;
  /** Aligns numbers at the right. */
  readonly isNumber?: boolean;
  /** True for the column that names the row. A screen reader reads it with each cell. */
  readonly isName?: boolean;
  /** True for buttons: the heading is only for screen readers. */
  readonly isActions?: boolean;
  /** If set, the heading is a button that sorts by this key. */
  readonly sortKey?: string;
}

export interface Sorting {
  readonly key: string;
  readonly isDescending: boolean;
}

export interface DataTableProps<T> {
  /** What the table contains, for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  keyOf(row: T): string;
  readonly isBusy?: boolean;
  readonly sorting?: Sorting;
  onSort?(sorting: Sorting): void;
}

/**
 * A table. On narrow screens each row becomes a card. The roles are written out, because browsers drop the meaning of
 * table elements that are displayed as blocks.
 */
export function DataTable<T>({ caption, columns, rows, keyOf, isBusy, sorting, onSort }: DataTableProps<T>) {
  return (
    <div class="table-frame" aria-busy={isBusy === true}>
      <table class="table" role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.label}
                role="columnheader"
                scope="col"
                class={classOf(column)}
                aria-sort={sortOf(column, sorting)}
              >
                {column.sortKey !== undefined && onSort !== undefined ? (
                  <SortButton column={column} sortKey={column.sortKey} sorting={sorting} onSort={onSort} />
                ) : (
                  <span class={column.isActions === true ? 'visually-hidden' : undefined}>{column.label}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) =>
                column.isName === true ? (
                  <th key={column.label} role="rowheader" scope="row" class={classOf(column)}>
                    {column.render(row)}
                  </th>
                ) : (
                  <td key={column.label} role="cell" class={classOf(column)} data-label={column.label}>
                    {column.render(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SortButtonProps<T> {
  readonly column: Column<T>;
  readonly sortKey: string;
  readonly sorting: Sorting | undefined;
  onSort(sorting: Sorting): void;
}

function SortButton<T>({ column, sortKey, sorting, onSort }: SortButtonProps<T>) {
  const isSorted = sorting?.key === sortKey;
  const Icon = !isSorted ? ArrowUpDown : sorting.isDescending ? ArrowDown : ArrowUp;
  return (
    <button
      type="button"
      class="sort-button"
      onClick={() => onSort({ key: sortKey, isDescending: isSorted && !sorting.isDescending })}
    >
      {column.label}
      <Icon size={13} />
    </button>
  );
}

function sortOf<T>(column: Column<T>, sorting: Sorting | undefined): 'ascending' | 'descending' | undefined {
  if (column.sortKey === undefined || sorting?.key !== column.sortKey) return undefined;
  return sorting.isDescending ? 'descending' : 'ascending';
}

function classOf<T>({ isNumber, isName, isActions }: Column<T>): string | undefined {
  const names = [isNumber && 'cell-number', isName && 'cell-name', isActions && 'cell-actions'].filter(Boolean);
  return names.length > 0 ? names.join(' ') : undefined;
}
