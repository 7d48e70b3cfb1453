import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/form/button.tsx';
import { SelectField, TextField } from '../../components/form/fields.tsx';
import { formatFilters, noFilters, type AuditFilters } from '../../model/audit/filters.ts';

export interface AuditFilterBarProps {
  readonly filters: AuditFilters;
  onChange(filters: AuditFilters): void;
  readonly isLive: boolean;
  onLive(isLive: boolean): void;
}

const outcomes = [
  { value: '', label: 'All events' },
  { value: 'refused', label: 'Denied requests' },
  { value: 'changed', label: 'Administrative changes' },
  { value: 'issued', label: 'Issued tokens' },
] as const;

const periods = [
  { value: '', label: 'Any time' },
  { value: '15m', label: 'Last 15 minutes' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];

/** The filters of the audit log. Lists apply at once, texts with Enter. */
export function AuditFilterBar({ filters, onChange, isLive, onLive }: AuditFilterBarProps) {
  const [draft, setDraft] = useState(filters);
  useEffect(() => setDraft(filters), [formatFilters(filters)]);
  const set = (change: Partial<AuditFilters>): void => setDraft((old) => ({ ...old, ...change }));
  const apply = (change: Partial<AuditFilters>): void => onChange({ ...draft, ...change });
  const isKnown = periods.some(({ value }) => value === filters.since);
  const shownPeriods = isKnown
    ? periods
    : [...periods, { value: filters.since, label: `Since ${filters.since}` }];
  return (
    <form
      class="filter-bar"
      role="search"
      aria-label="Filter the audit log"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(draft);
      }}
    >
      <SelectField
        label="Events"
        value={draft.outcome}
        choices={outcomes}
        onValue={(outcome) => apply({ outcome })}
      />
      <SelectField
        label="Time"
        value={draft.since}
        choices={shownPeriods}
        onValue={(since) => apply({ since, until: '' })}
      />
      <TextField
        label="User or robot"
        value={draft.user}
        onValue={(user) => set({ user })}
        placeholder="alice"
      />
      <TextField
        label="Repository"
        value={draft.repository}
        onValue={(repository) => set({ repository })}
        placeholder="team/app"
      />
      <div class="filter-buttons">
        <Button type="submit">Apply</Button>
        {formatFilters(filters) !== '' && (
          <Button kind="quiet" onClick={() => onChange(noFilters)}>
            Clear
          </Button>
        )}
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={isLive}
            onChange={(event) => onLive(event.currentTarget.checked)}
          />
          <span class="switch-track" aria-hidden="true" />
          Live
        </label>
      </div>
    </form>
  );
}
