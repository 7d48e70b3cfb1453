import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import TriangleAlert from 'lucide-static/icons/triangle-alert.svg';

interface FieldProps {
  readonly label: string;
  /** A sentence below the label that helps to fill in the field. */
  readonly hint?: ComponentChildren;
  /** What is wrong with the value, and what to do. */
  readonly error?: string | undefined;
  readonly isOptional?: boolean;
}

interface ControlAttributes {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': 'true' | undefined;
}

/** Connects label, hint and error with a control. */
function Field({
  label,
  hint,
  error,
  isOptional = false,
  children,
}: FieldProps & { readonly children: (attributes: ControlAttributes) => ComponentChildren }) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(
    Boolean,
  );
  return (
    <div class={error === undefined ? 'field' : 'field field-invalid'}>
      <label for={id}>
        {label}
        {isOptional && <span class="optional"> (optional)</span>}
      </label>
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({
        id,
        'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
        'aria-invalid': error === undefined ? undefined : 'true',
      })}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          <TriangleAlert size={14} />
          {error}
        </p>
      )}
    </div>
  );
}

interface ValueProps<V> {
  readonly value: V;
  onValue(value: NoInfer<V>): void;
}

export interface TextFieldProps extends FieldProps, ValueProps<string> {
  readonly type?: 'text' | 'password';
  readonly name?: string;
  readonly autocomplete?: string;
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly autoFocus?: boolean;
  /** Values that the browser suggests. */
  readonly suggestions?: readonly string[];
}

/** A text field, or with `type="password"` a password field. */
export function TextField(props: TextFieldProps) {
  const { type = 'text', autocomplete = 'off', autoFocus = false, suggestions, value, onValue } = props;
  const list = useId();
  return (
    <Field {...props}>
      {(attributes) => {
        const common = {
          ...attributes,
          class: 'input',
          name: props.name,
          spellcheck: false,
          autocomplete,
          autocapitalize: 'none',
          autoFocus,
          placeholder: props.placeholder,
          maxLength: props.maxLength,
          value,
          onInput: (event: InputEvent) => onValue((event.currentTarget as HTMLInputElement).value),
        } as const;
        if (type === 'password') return <input {...common} type="password" />;
        if (suggestions === undefined) return <input {...common} type="text" />;
        return (
          <>
            <input {...common} type="text" list={list} />
            <datalist id={list}>
              {suggestions.map((text) => (
                <option key={text} value={text} />
              ))}
            </datalist>
          </>
        );
      }}
    </Field>
  );
}

export interface TextAreaProps extends FieldProps, ValueProps<string> {
  readonly rows?: number;
  readonly placeholder?: string;
  readonly maxLength?: number;
}

/** A field with several lines. */
export function TextArea(props: TextAreaProps) {
  const { rows = 5, placeholder, maxLength, value, onValue } = props;
  return (
    <Field {...props}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="input textarea"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="none"
          maxLength={maxLength}
          rows={rows}
          placeholder={placeholder}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
}

/** A list of choices of which one is selected. */
export function SelectField<V extends string>({
  label,
  hint,
  error,
  value,
  onValue,
  choices,
}: FieldProps & ValueProps<V> & { readonly choices: readonly Choice<NoInfer<V>>[] }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <select
          class="input select"
          {...attributes}
          value={value}
          onChange={(event) => onValue(event.currentTarget.value as V)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A box that can be checked. */
export function CheckField({
  label,
  hint,
  value,
  onValue,
}: Pick<FieldProps, 'label' | 'hint'> & ValueProps<boolean>) {
  const id = useId();
  return (
    <div class="check-field">
      <input
        id={id}
        type="checkbox"
        checked={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class="field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
