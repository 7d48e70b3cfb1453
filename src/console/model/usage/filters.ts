import type { Query } from '../../api/client.ts';
import { option } from '../option.ts';
import { quote } from '../quote.ts';

/** What the table of usage shows: the images with the most pulls, those used last, or those that no one needs. */
export type UsageView = 'pulls' | 'lastUse' | 'unused';
export type Period = '7d' | '30d' | '90d' | '1y' | 'all';

/** What a screen of usage shows. The address of the page holds these, so that a link leads to the same rows. */
export interface UsageFilters {
  readonly view: UsageView;
  readonly period: Period;
  /** A user, a robot, or `ci:NAME`. Empty for everyone. */
  readonly by: string;
  readonly repository: string;
}

export const noFilters: UsageFilters = { view: 'pulls', period: '30d', by: '', repository: '' };

export const viewChoices = [
  { value: 'pulls', label: 'Most pulled' },
  { value: 'lastUse', label: 'Last used' },
  { value: 'unused', label: 'Not pulled' },
] as const;

export const periodChoices = [
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: '1y', label: 'Last year' },
  { value: 'all', label: 'Any time' },
] as const;

/** Reads the filters from the query of the page's address. Unknown members and values are ignored. */
export function readFilters(query: Readonly<Record<string, string | undefined>>): UsageFilters {
  return {
    view: viewChoices.find(({ value }) => value === query['view'])?.value ?? noFilters.view,
    period: periodChoices.find(({ value }) => value === query['period'])?.value ?? noFilters.period,
    by: query['by'] ?? '',
    repository: query['repository'] ?? '',
  };
}

/** Formats the filters as a query, for the address of the page. It begins with `?` or is empty. */
export function formatFilters(filters: Partial<UsageFilters>): string {
  const query = new URLSearchParams();
  for (const name of ['view', 'period', 'by', 'repository'] as const) {
    const value = filters[name]?.trim() ?? noFilters[name];
    if (value !== noFilters[name]) query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Returns the parameters with which the API answers with the rows of the table. */
export function queryOf({ view, period, by, repository }: UsageFilters): Query {
  const shared = { repository, since: sinceOf(period) };
  return view === 'unused' ? shared : { ...shared, by, order: view };
}

/** Returns the parameter `since` of the API. Undefined for any time. */
export function sinceOf(period: Period): string | undefined {
  return period === 'all' ? undefined : period;
}

const lengths = { '7d': 7, '30d': 30, '90d': 90, '1y': 365 } as const;
const dayMs = 86_400_000;

/** Returns the first day of a period in UTC, such as `2026-11-29`. Undefined for any time. */
export function firstDayOf(period: Period, now: Date): string | undefined {
  if (period === 'all') return undefined;
  return new Date(now.getTime() - lengths[period] * dayMs).toISOString().slice(0, 10);
}

/** Returns the command that prints the same images. Undefined if there is none. */
export function usageCommand({ view, period, by, repository }: UsageFilters): string | undefined {
  if (view === 'unused') return undefined;
  return [
    'dockpass usage',
    ...(repository.trim() === '' ? [] : [quote(repository.trim())]),
    ...option('--by', by),
    ...option('--since', sinceOf(period) ?? ''),
  ].join(' ');
}
