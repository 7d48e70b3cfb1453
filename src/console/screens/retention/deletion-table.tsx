import { useState } from 'preact/hooks';
import type { Deletion } from '../../api/retention-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Button } from '../../components/form/button.tsx';
import { SelectField } from '../../components/form/fields.tsx';
import { formatSize } from '../../../size.ts';
import { describeAmount } from '../../model/retention/words.ts';
import { visible } from '../../model/visible-text.ts';
import { LastBy, UsedImage } from '../usage/usage-cells.tsx';

/** How many rows are shown at first, and with each further step, because a plan can have 100,000 deletions. */
const step = 100;

/** What a plan deletes and why, of all repositories or of one. */
export function DeletionTable({ deletions }: { readonly deletions: readonly Deletion[] }) {
  const [repository, setRepository] = useState('');
  const [shownCount, setShownCount] = useState(step);
  const groups = Map.groupBy(deletions, (deletion) => deletion.repository);
  const wanted = groups.get(repository) ?? deletions;
  const shown = wanted.slice(0, shownCount);
  const choices = [...groups].map(([name, own]) => ({
    value: name,
    label: `${visible(name)} (${describeAmount(own)})`,
  }));
  return (
    <div class="stack">
      {groups.size > 1 && (
        <SelectField
          label="Repository"
          value={repository}
          choices={[{ value: '', label: 'All repositories' }, ...choices]}
          onValue={(next) => {
            setRepository(next);
            setShownCount(step);
          }}
        />
      )}
      <DataTable
        caption="Deletions"
        rows={shown}
        keyOf={({ repository: name, tag, digest }) => `${name} ${tag ?? ''} ${digest}`}
        columns={[
          { label: 'Image', isName: true, render: (deletion) => <UsedImage {...deletion} /> },
          { label: 'Reason', render: ({ reason }) => <span class="wrap">{visible(reason)}</span> },
          {
            label: 'Frees',
            isNumber: true,
            render: ({ size }) => <span class="size">{formatSize(size)}</span>,
          },
          {
            label: 'Last pull',
            render: ({ lastPulledAt, lastPulledBy }) =>
              lastPulledAt === null ? (
                <span class="muted">none known</span>
              ) : (
                <LastBy at={lastPulledAt} by={lastPulledBy} isShort />
              ),
          },
        ]}
      />
      {shownCount < wanted.length && (
        <Button onClick={() => setShownCount(shownCount + step)}>
          Show {Math.min(step, wanted.length - shownCount)} more of {wanted.length} deletions
        </Button>
      )}
    </div>
  );
}
