import type { Kysely } from 'kysely';
import { insertRows, readForKeys } from '../many-rows.ts';
import type { Tables, UsageMonthRow } from '../../tables.ts';
import { dayBeforeMonth, dayMs, dayOf, monthOf } from '../calendar.ts';
import { decodeCells, encodeCells, type Cell } from './month-cells.ts';

export type MutableCell = { -readonly [Key in keyof Cell]: Cell[Key] };

/** The months of images that a transaction changes. It changes the cells in memory and then writes them. */
export interface Months {
  /** Returns the cell of an actor on the day of a time. */
  cell(image: number, actor: number, at: number): MutableCell;
  write(): Promise<void>;
}

export interface MonthOfImage {
  readonly image: number;
  readonly at: number;
}

interface OpenMonth {
  readonly image: number;
  readonly month: number;
  readonly cells: Map<number, MutableCell>;
}

/** Higher than each id of an actor that can occur. */
const actorLimit = 2 ** 40;

export async function openMonths(
  transaction: Kysely<Tables>,
  needed: readonly MonthOfImage[],
): Promise<Months> {
  const open = new Map<string, OpenMonth>();
  for (const { image, at } of needed) {
    const month = monthOf(dayOf(at));
    const key = `${image} ${month}`;
    if (!open.has(key)) open.set(key, { image, month, cells: new Map() });
  }
  const rows = await readForKeys<UsageMonthRow>(
    transaction,
    {
      head: 'with wanted (image, month) as (values ',
      types: ['bigint', 'bigint'],
      tail: `)
        select m.image, m.month, m.cells from wanted cross join usage_months m
         where m.image = wanted.image and m.month = wanted.month`,
    },
    [...open.values()].map(({ image, month }) => [image, month]),
  );
  for (const { image, month, cells } of rows) {
    const found = open.get(`${image} ${month}`) as OpenMonth;
    for (const cell of decodeCells(cells)) found.cells.set(cell.day * actorLimit + cell.actor, { ...cell });
  }
  return {
    cell: (image, actor, at) => {
      const month = monthOf(dayOf(at));
      const { cells } = open.get(`${image} ${month}`) as OpenMonth;
      const day = dayOf(at) - dayBeforeMonth(month);
      const key = day * actorLimit + actor;
      const cell = cells.get(key) ?? {
        day,
        actor,
        pulls: 0,
        lastPull: undefined,
        pushes: 0,
        lastPush: undefined,
      };
      cells.set(key, cell);
      return cell;
    },
    write: async () => {
      const rows = [...open.values()].map(({ image, month, cells }) => ({
        image,
        month,
        cells: encodeCells(
          [...cells.values()].filter(
            ({ lastPull, lastPush }) => lastPull !== undefined || lastPush !== undefined,
          ),
        ),
      }));
      await insertRows(transaction, 'usage_months', rows, { key: ['image', 'month'], replaced: ['cells'] });
    },
  };
}

/** The second of the day of a time, 0 to 86,399. */
export function secondOf(at: number): number {
  return Math.floor((at - dayOf(at) * dayMs) / 1000);
}
