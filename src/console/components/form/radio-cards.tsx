import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface RadioChoice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly description?: ComponentChildren;
}

export interface RadioCardsProps<V extends string> {
  readonly legend: string;
  readonly value: V;
  readonly choices: readonly RadioChoice<NoInfer<V>>[];
  onValue(value: NoInfer<V>): void;
}

/** A choice between a few possibilities that need an explanation. */
export function RadioCards<V extends string>({ legend, value, choices, onValue }: RadioCardsProps<V>) {
  const name = useId();
  return (
    <fieldset class="radio-cards">
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="radio-card">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onValue(choice.value)}
          />
          <span>
            <span class="radio-label">{choice.label}</span>
            {choice.description !== undefined && <span class="radio-text">{choice.description}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
