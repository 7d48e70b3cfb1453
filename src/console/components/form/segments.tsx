import { useId } from 'preact/hooks';
import type { Choice } from './fields.tsx';

export interface SegmentsProps<V extends string> {
  readonly legend: string;
  /** True shows the legend only to screen readers. */
  readonly isLegendHidden?: boolean;
  readonly value: V;
  readonly choices: readonly Choice<V>[];
  onValue(value: V): void;
}

/** A choice between a few short possibilities, side by side. */
export function Segments<V extends string>({
  legend,
  isLegendHidden = false,
  value,
  choices,
  onValue,
}: SegmentsProps<V>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class={isLegendHidden ? 'visually-hidden' : undefined}>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onValue(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
