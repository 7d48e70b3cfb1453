import Plus from 'lucide-static/icons/plus.svg';
import Trash from 'lucide-static/icons/trash-2.svg';
import { Button } from '../../components/form/button.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { emptyCondition, type ConditionDraft } from '../../model/trust/draft.ts';

export interface ConditionFieldsProps {
  readonly conditions: readonly ConditionDraft[];
  onConditions(conditions: readonly ConditionDraft[]): void;
  /** True if there must be at least one. */
  readonly isRequired: boolean;
  readonly error: string | undefined;
  /** The condition to which the error belongs. */
  readonly errorIndex: number;
}

/** Asks for claims and their accepted values. */
export function ConditionFields({
  conditions,
  onConditions,
  isRequired,
  error,
  errorIndex,
}: ConditionFieldsProps) {
  const replace = (index: number, part: Partial<ConditionDraft>): void =>
    onConditions(conditions.map((old, at) => (at === index ? { ...old, ...part } : old)));
  const minimum = isRequired ? 1 : 0;
  return (
    <div class="stack">
      {conditions.map(({ claim, values }, index) => (
        <div class="only-fields" key={index}>
          <div class="field-grid">
            <TextField
              label={`Claim ${index + 1}`}
              hint="For a nested claim its path, such as kubernetes.io/namespace."
              value={claim}
              onValue={(next) => replace(index, { claim: next })}
              error={index === errorIndex ? error : undefined}
            />
            <TextField
              label={`Accepted values ${index + 1}`}
              hint="Exact, separated by commas. * stands for a part without a slash."
              value={values}
              onValue={(next) => replace(index, { values: next })}
            />
          </div>
          {conditions.length > minimum && (
            <Button
              kind="quiet"
              Icon={Trash}
              onClick={() => onConditions(conditions.filter((_, at) => at !== index))}
            >
              Remove condition {index + 1}
            </Button>
          )}
        </div>
      ))}
      <div>
        <Button kind="quiet" Icon={Plus} onClick={() => onConditions([...conditions, emptyCondition])}>
          {isRequired ? 'Add another condition' : 'Add a condition on another claim'}
        </Button>
      </div>
    </div>
  );
}
