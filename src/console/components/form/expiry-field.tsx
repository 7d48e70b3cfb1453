import { SelectField, TextField, type Choice } from './fields.tsx';

const choices: readonly Choice<string>[] = [
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
  { value: '365d', label: '1 year' },
  { value: 'never', label: 'Never' },
  { value: 'other', label: 'Another duration' },
];

export interface ExpiryFieldProps {
  /** A duration such as `90d`, or `never`. */
  readonly value: string;
  onValue(value: string): void;
  /** False if the API accepts no `never`. */
  readonly allowsNever: boolean;
  readonly error: string | undefined;
}

/** Asks how long a token or robot is valid. */
export function ExpiryField({ value, onValue, allowsNever, error }: ExpiryFieldProps) {
  const offered = allowsNever ? choices : choices.filter((choice) => choice.value !== 'never');
  const isOther = !offered.some((choice) => choice.value === value) || value === 'other';
  return (
    <>
      <SelectField
        label="Expires after"
        value={isOther ? 'other' : value}
        onValue={(next) => onValue(next === 'other' ? '' : next)}
        choices={offered}
        error={isOther ? undefined : error}
      />
      {isOther && (
        <TextField
          label="Duration"
          hint="A number with s, m, h or d, for example 12h or 45d."
          value={value}
          onValue={onValue}
          error={error}
        />
      )}
    </>
  );
}
