import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import type { Robot, WithSecret } from '../../api/types.ts';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { ExpiryField } from '../../components/form/expiry-field.tsx';
import { CheckField, TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import {
  emptyRight,
  formatRight,
  OnlyFields,
  rightsError,
  type RightDraft,
} from '../../components/form/only-fields.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { RobotSecret } from './robot-secret.tsx';

export interface CreateRobotProps {
  onCreated(): void;
  onClose(): void;
}

/** Creates a robot, and shows its secret once. */
export function CreateRobot({ onCreated, onClose }: CreateRobotProps) {
  const [name, setName] = useState('');
  const [rights, setRights] = useState<readonly RightDraft[]>([emptyRight]);
  const [expires, setExpires] = useState('365d');
  const [api, setApi] = useState(false);
  const [created, setCreated] = useState<WithSecret<Robot>>();
  const only = rights.map(formatRight);
  const body = { name: name.trim(), only, expires: expires.trim(), ...(api && { api }) };
  const form = useForm({
    fields: ['name', 'only', 'expires'],
    validate: () => ({
      name: name.trim() === '' ? 'Enter a name.' : undefined,
      only: rightsError(rights),
      expires: expires.trim() === '' ? 'Enter a duration.' : undefined,
    }),
    send: async (idempotencyKey) => {
      const { data } = await call<WithSecret<Robot>>('POST', '/robots', { body, idempotencyKey });
      onCreated();
      setCreated(data);
    },
  });
  if (created !== undefined)
    return <RobotSecret name={created.name} secret={created.secret ?? ''} onDismiss={onClose} />;
  return (
    <Dialog title="Create robot" onClose={onClose}>
      <Form form={form} submit="Create robot" onCancel={onClose}>
        <TextField
          label="Name"
          hint="For example ci or cluster-1. Users and robots share one name space."
          value={name}
          onValue={setName}
          maxLength={255}
          error={form.errorOf('name')}
        />
        <OnlyFields rights={rights} onRights={setRights} error={form.errorOf('only')} />
        <ExpiryField
          value={expires}
          onValue={setExpires}
          allowsNever={false}
          error={form.errorOf('expires')}
        />
        <CheckField
          label="May use the API"
          hint="The robot can then read its repositories through the API. It can never administer anything."
          value={api}
          onValue={setApi}
        />
      </Form>
      <Equivalent
        command={[
          `dockpass robot create ${quoted(body.name || 'NAME')}`,
          ...only.map((right) => `--only ${quoted(right)}`),
          `--expires ${expires}`,
          ...(api ? ['--api'] : []),
        ].join(' ')}
        api={{ method: 'POST', path: '/robots', body }}
      />
    </Dialog>
  );
}
