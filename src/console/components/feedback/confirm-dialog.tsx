import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { TextField } from '../form/fields.tsx';
import { Equivalent, type EquivalentProps } from '../text/equivalent.tsx';
import { Form } from '../form/form.tsx';
import { useForm } from '../form/use-form.ts';
import { Dialog } from './dialog.tsx';

export interface ConfirmDialogProps {
  readonly title: string;
  /** What happens, and that it cannot be undone. */
  readonly children: ComponentChildren;
  /** The text of the button: a verb and what it affects, for example `Remove alice`. */
  readonly confirm: string;
  /** If set, the person must type this text. For steps that cannot be undone. */
  readonly typed?: string;
  readonly kind?: 'primary' | 'danger';
  /** The command and the API call that do the same. */
  readonly equivalent?: EquivalentProps;
  /** Does it. If it throws an ApiError, the dialog shows the error and stays open. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something is changed. */
export function ConfirmDialog({
  title,
  children,
  confirm,
  typed,
  kind = 'danger',
  equivalent,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const [text, setText] = useState('');
  const form = useForm({
    fields: [],
    validate: () =>
      typed === undefined || text === typed ? {} : { typed: `Type ${typed} exactly as it is written here.` },
    send: onConfirm,
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form form={form} submit={confirm} kind={kind} onCancel={onClose}>
        <div class="dialog-text">{children}</div>
        {typed !== undefined && (
          <TextField
            label={`To confirm, type ${typed}`}
            value={text}
            onValue={setText}
            error={form.errorOf('typed')}
          />
        )}
      </Form>
      {equivalent !== undefined && <Equivalent {...equivalent} />}
    </Dialog>
  );
}
