import { option } from '../option.ts';

/** What the audit screen shows. The address of the page holds these, so that a link leads to the same rows. */
export interface AuditFilters {
  readonly outcome: '' | 'issued' | 'refused' | 'changed';
  readonly user: string;
  readonly repository: string;
  /** A duration before now such as `24h`, or a date. Empty for no limit. */
  readonly since: string;
  readonly until: string;
}

export const noFilters: AuditFilters = { outcome: '', user: '', repository: '', since: '', until: '' };

const names = ['outcome', 'user', 'repository', 'since', 'until'] as const;
const outcomes = ['issued', 'refused', 'changed'] as const;

/** Reads the filters from the query of the page's address. Unknown members and values are ignored. */
export function readFilters(query: Readonly<Record<string, string | undefined>>): AuditFilters {
  const outcome = outcomes.find((known) => known === query['outcome']) ?? '';
  const [user = '', repository = ''] = [query['user'], query['repository']];
  const [since = '', until = ''] = [query['since'], query['until']];
  return { outcome, user, repository, since, until };
}

/** Formats the filters as a query, for the address of the page and for the API. It begins with `?` or is empty. */
export function formatFilters(filters: AuditFilters, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = filters[name].trim();
    if (value !== '') query.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Returns the command that prints the same rows. */
export function auditCommand({ outcome, user, repository, since, until }: AuditFilters): string {
  const options = [
    ...option('--since', since),
    ...option('--until', until),
    ...option('--user', user),
    ...option('--repo', repository),
    ...option('--outcome', outcome),
  ];
  return ['dockpass audit', ...options].join(' ');
}
