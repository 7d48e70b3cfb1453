import { useState } from 'preact/hooks';
import { call, pathTo } from '../../api/client.ts';
import type { Robot, WithSecret } from '../../api/types.ts';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { SelectField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useToast } from '../../state/toasts.tsx';
import { EditRobot } from './edit-robot.tsx';
import { RobotSecret } from './robot-secret.tsx';

export type RobotDialog = 'rotate' | 'edit' | 'disable' | 'remove';

export interface RobotDialogsProps {
  readonly dialog: RobotDialog;
  readonly robot: Robot;
  readonly etag: string | undefined;
  onChanged(): void;
  onRemoved(): void;
  onClose(): void;
}

/** The dialogs that change a robot. */
export function RobotDialogs(props: RobotDialogsProps) {
  switch (props.dialog) {
    case 'rotate':
      return <RotateDialog {...props} />;
    case 'edit':
      return <EditRobot {...props} />;
    case 'disable':
      return <DisableDialog {...props} />;
    case 'remove':
      return <RemoveDialog {...props} />;
  }
}

const overlaps = [
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '1h', label: '1 hour' },
  { value: '0s', label: 'Not at all: it stops working at once' },
] as const;

const extensions = [
  { value: '', label: 'As before' },
  { value: '90d', label: '90 days from now' },
  { value: '365d', label: '1 year from now' },
] as const;

function RotateDialog({ robot, onChanged, onClose }: RobotDialogsProps) {
  const [overlap, setOverlap] = useState<(typeof overlaps)[number]['value']>('24h');
  const [expires, setExpires] = useState<(typeof extensions)[number]['value']>('');
  const [secret, setSecret] = useState<string>();
  const path = `${pathTo('robots', robot.name)}/rotate`;
  const body = { overlap, ...(expires !== '' && { expires }) };
  const form = useForm({
    fields: [],
    send: async (idempotencyKey) => {
      const { data } = await call<WithSecret<Robot>>('POST', path, { body, idempotencyKey });
      onChanged();
      setSecret(data.secret ?? '');
    },
  });
  if (secret !== undefined) return <RobotSecret name={robot.name} secret={secret} onDismiss={onClose} />;
  return (
    <Dialog title={`Rotate the secret of ${robot.name}`} onClose={onClose}>
      <Form form={form} submit="Rotate secret" onCancel={onClose}>
        <p class="field-hint">This creates a new secret and shows it once.</p>
        <SelectField
          label="How long the old secret stays valid"
          value={overlap}
          onValue={setOverlap}
          choices={overlaps}
        />
        <SelectField label="Expires" value={expires} onValue={setExpires} choices={extensions} />
      </Form>
      <Equivalent
        command={`dockpass robot rotate ${quoted(robot.name)} --overlap ${overlap}${expires === '' ? '' : ` --expires ${expires}`}`}
        api={{ method: 'POST', path, body }}
      />
    </Dialog>
  );
}

function DisableDialog({ robot: { name }, etag, onChanged, onClose }: RobotDialogsProps) {
  const toast = useToast();
  const path = pathTo('robots', name);
  return (
    <ConfirmDialog
      title={`Disable ${name}?`}
      confirm={`Disable ${name}`}
      equivalent={{
        command: `dockpass robot disable ${quoted(name)}`,
        api: { method: 'PATCH', path, body: { disabled: true } },
      }}
      onClose={onClose}
      onConfirm={async () => {
        await call('PATCH', path, { body: { disabled: true }, etag });
        onChanged();
        toast(`The robot ${name} can no longer log in.`);
        onClose();
      }}
    >
      <p>
        Machines that use this robot cannot log in from the next request on. The settings stay, and you can
        enable it again.
      </p>
    </ConfirmDialog>
  );
}

function RemoveDialog({ robot: { name }, etag, onRemoved, onClose }: RobotDialogsProps) {
  const toast = useToast();
  const path = pathTo('robots', name);
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      confirm={`Remove ${name}`}
      typed={name}
      equivalent={{ command: `dockpass robot remove ${quoted(name)}`, api: { method: 'DELETE', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path, { etag });
        toast(`The robot ${name} was removed.`);
        onClose();
        onRemoved();
      }}
    >
      <p>
        This removes the robot and its secrets. Machines that use it can no longer log in. It cannot be
        undone.
      </p>
    </ConfirmDialog>
  );
}
