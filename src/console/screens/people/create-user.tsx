import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import type { Role, User, WithSecret } from '../../api/types.ts';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { SecretOnce } from '../../components/feedback/secret-once.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { RadioCards } from '../../components/form/radio-cards.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useToast } from '../../state/toasts.tsx';
import {
  exampleBody,
  generated,
  passwordBody,
  passwordError,
  PasswordFields,
  passwordOption,
} from './password-fields.tsx';
import { roleChoices } from './roles.ts';

export interface CreateUserProps {
  onCreated(): void;
  onClose(): void;
}

/** Adds a user, and shows the generated password once. */
export function CreateUser({ onCreated, onClose }: CreateUserProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('writer');
  const [password, setPassword] = useState(generated);
  const [created, setCreated] = useState<{ name: string; secret: string }>();
  const toast = useToast();
  const form = useForm({
    fields: ['name', 'password'],
    validate: () => ({
      name: name.trim() === '' ? 'Enter a name.' : undefined,
      password: passwordError(password),
    }),
    send: async (idempotencyKey) => {
      const body = { name: name.trim(), role, ...passwordBody(password) };
      const { data } = await call<WithSecret<User>>('POST', '/users', { body, idempotencyKey });
      onCreated();
      toast(`The user ${data.name} was added.`);
      if (data.secret === undefined) onClose();
      else setCreated({ name: data.name, secret: data.secret });
    },
  });
  if (created !== undefined)
    return (
      <SecretOnce title={`Password of ${created.name}`} secret={created.secret} onDismiss={onClose}>
        <p>{created.name} logs in with:</p>
        <CopyableCode text={`docker login ${location.host} -u ${created.name}`} />
      </SecretOnce>
    );
  return (
    <Dialog title="Add user" onClose={onClose}>
      <Form form={form} submit="Add user" onCancel={onClose}>
        <TextField
          label="Name"
          hint="The name that the person types in docker login, for example alice."
          value={name}
          onValue={setName}
          maxLength={255}
          error={form.errorOf('name')}
        />
        <RadioCards legend="Role" value={role} onValue={setRole} choices={roleChoices} />
        <PasswordFields value={password} onValue={setPassword} error={form.errorOf('password')} />
      </Form>
      <Equivalent
        command={`dockpass user add ${quoted(name.trim() || 'NAME')} --role ${role} ${passwordOption(password)}`}
        api={{
          method: 'POST',
          path: '/users',
          body: { name: name.trim() || 'NAME', role, ...exampleBody(password) },
        }}
      />
    </Dialog>
  );
}
