import type { ComponentChildren } from 'preact';
import { Alert } from '../feedback/alert.tsx';
import { Button } from './button.tsx';
import type { FormState } from './use-form.ts';

export interface FormProps {
  readonly form: FormState;
  /** The text of the button that sends the form: a verb and what it changes. */
  readonly submit: string;
  readonly kind?: 'primary' | 'danger';
  /** Called by the button Cancel. Without it, there is no such button. */
  onCancel?(): void;
  readonly children: ComponentChildren;
}

/** A form with its error, its fields and its buttons. */
export function Form({ form, submit, kind = 'primary', onCancel, children }: FormProps) {
  return (
    <form class="form" noValidate onSubmit={form.onSubmit}>
      {form.error !== undefined && <Alert kind="error">{form.error.message}</Alert>}
      {children}
      <div class="form-buttons">
        <Button type="submit" kind={kind} isBusy={form.isBusy}>
          {submit}
        </Button>
        {onCancel !== undefined && (
          <Button kind="quiet" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
    </form>
  );
}
