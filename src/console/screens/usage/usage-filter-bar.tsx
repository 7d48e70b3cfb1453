import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/form/button.tsx';
import { SelectField, TextField } from '../../components/form/fields.tsx';
import { Segments } from '../../components/form/segments.tsx';
import {
  formatFilters,
  noFilters,
  periodChoices,
  viewChoices,
  type UsageFilters,
} from '../../model/usage/filters.ts';

export interface UsageFilterBarProps {
  readonly filters: UsageFilters;
  /** True on the page of a repository. */
  readonly isOneRepository: boolean;
  onChange(filters: UsageFilters): void;
}

/** The filters of usage. Choices apply at once, texts with Enter. */
export function UsageFilterBar({ filters, isOneRepository, onChange }: UsageFilterBarProps) {
  const [draft, setDraft] = useState(filters);
  useEffect(() => setDraft(filters), [formatFilters(filters)]);
  const { view, period, by, repository } = draft;
  const apply = (change: Partial<UsageFilters>): void => onChange({ ...draft, ...change });
  const cleared = { ...noFilters, view: filters.view, repository: isOneRepository ? repository : '' };
  return (
    <form
      class="stack-small"
      role="search"
      aria-label="Filter the usage"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(draft);
      }}
    >
      <Segments
        legend="Images"
        isLegendHidden
        value={view}
        choices={viewChoices}
        onValue={(next) => apply({ view: next })}
      />
      <div class="filter-bar">
        <SelectField
          label={view === 'unused' ? 'Time without pulls and pushes' : 'Time'}
          value={period}
          choices={view === 'unused' ? unusedPeriods : periodChoices}
          onValue={(next) => apply({ period: next })}
        />
        {view !== 'unused' && (
          <TextField
            label="User or robot"
            value={by}
            onValue={(next) => setDraft({ ...draft, by: next })}
            placeholder="alice"
          />
        )}
        {!isOneRepository && (
          <TextField
            label="Repository"
            value={repository}
            onValue={(next) => setDraft({ ...draft, repository: next })}
            placeholder="team/app"
          />
        )}
        <div class="filter-buttons">
          <Button type="submit">Apply</Button>
          {formatFilters(filters) !== formatFilters(cleared) && (
            <Button kind="quiet" onClick={() => onChange(cleared)}>
              Clear
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

/** Tags that were never pulled are those of any time. */
const unusedPeriods = periodChoices.map((choice) =>
  choice.value === 'all' ? { ...choice, label: 'Never pulled' } : choice,
);
