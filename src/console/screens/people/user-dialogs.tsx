import { useState } from 'preact/hooks';
import { call, pathTo } from '../../api/client.ts';
import type { Role, User, WithSecret } from '../../api/types.ts';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { SecretOnce } from '../../components/feedback/secret-once.tsx';
import { Form } from '../../components/form/form.tsx';
import { RadioCards } from '../../components/form/radio-cards.tsx';
import { useForm } from '../../components/form/use-form.ts';
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

export type UserDialog = 'role' | 'password' | 'disable' | 'remove';

export interface UserDialogsProps {
  readonly dialog: UserDialog;
  readonly user: User;
  readonly etag: string | undefined;
  onChanged(): void;
  onRemoved(): void;
  onClose(): void;
}

/** The dialogs that change a user. */
export function UserDialogs(props: UserDialogsProps) {
  switch (props.dialog) {
    case 'role':
      return <RoleDialog {...props} />;
    case 'password':
      return <PasswordDialog {...props} />;
    case 'disable':
      return <DisableDialog {...props} />;
    case 'remove':
      return <RemoveDialog {...props} />;
  }
}

function RoleDialog({ user, etag, onChanged, onClose }: UserDialogsProps) {
  const [role, setRole] = useState<Role>(user.role);
  const toast = useToast();
  const path = pathTo('users', user.name);
  const form = useForm({
    fields: [],
    send: async () => {
      await call('PATCH', path, { body: { role }, etag });
      onChanged();
      toast(`The role of ${user.name} was changed.`);
      onClose();
    },
  });
  return (
    <Dialog title={`Change the role of ${user.name}`} onClose={onClose}>
      <Form form={form} submit="Change role" onCancel={onClose}>
        <RadioCards legend="Role" value={role} onValue={setRole} choices={roleChoices} />
        {user.rightsFrom === 'grants' && (
          <p class="field-hint">
            {user.name} has grants. They decide what {user.name} may do on repositories, whatever the role is.
          </p>
        )}
      </Form>
      <Equivalent
        command={`dockpass user role ${quoted(user.name)} ${role}`}
        api={{ method: 'PATCH', path, body: { role } }}
      />
    </Dialog>
  );
}

function PasswordDialog({ user, onChanged, onClose }: UserDialogsProps) {
  const [password, setPassword] = useState(generated);
  const [secret, setSecret] = useState<string>();
  const toast = useToast();
  const path = `${pathTo('users', user.name)}/password`;
  const form = useForm({
    fields: ['password'],
    validate: () => ({ password: passwordError(password) }),
    send: async (idempotencyKey) => {
      const { data } = await call<WithSecret<object> | undefined>('POST', path, {
        body: passwordBody(password),
        idempotencyKey,
      });
      onChanged();
      toast(`The password of ${user.name} was changed.`);
      if (data?.secret === undefined) onClose();
      else setSecret(data.secret);
    },
  });
  if (secret !== undefined)
    return <SecretOnce title={`New password of ${user.name}`} secret={secret} onDismiss={onClose} />;
  return (
    <Dialog title={`Set the password of ${user.name}`} onClose={onClose}>
      <Form form={form} submit="Set password" onCancel={onClose}>
        <p class="field-hint">
          The old password stops working at once, and the sessions of {user.name} end. Access tokens stay
          valid.
        </p>
        <PasswordFields value={password} onValue={setPassword} error={form.errorOf('password')} />
      </Form>
      <Equivalent
        command={`dockpass user passwd ${quoted(user.name)} ${passwordOption(password)}`}
        api={{ method: 'POST', path, body: exampleBody(password) }}
      />
    </Dialog>
  );
}

function DisableDialog({ user, etag, onChanged, onClose }: UserDialogsProps) {
  const toast = useToast();
  const path = pathTo('users', user.name);
  return (
    <ConfirmDialog
      title={`Disable ${user.name}?`}
      confirm={`Disable ${user.name}`}
      equivalent={{
        command: `dockpass user disable ${quoted(user.name)}`,
        api: { method: 'PATCH', path, body: { disabled: true } },
      }}
      onClose={onClose}
      onConfirm={async () => {
        await call('PATCH', path, { body: { disabled: true }, etag });
        onChanged();
        toast(`${user.name} can no longer log in.`);
        onClose();
      }}
    >
      <p>
        {user.name} can no longer log in, neither with the password nor with access tokens, and all sessions
        end. The settings stay, and you can enable {user.name} again.
      </p>
    </ConfirmDialog>
  );
}

function RemoveDialog({ user, etag, onRemoved, onClose }: UserDialogsProps) {
  const toast = useToast();
  const path = pathTo('users', user.name);
  return (
    <ConfirmDialog
      title={`Remove ${user.name}?`}
      confirm={`Remove ${user.name}`}
      typed={user.name}
      equivalent={{ command: `dockpass user remove ${quoted(user.name)}`, api: { method: 'DELETE', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path, { etag });
        toast(`The user ${user.name} was removed.`);
        onClose();
        onRemoved();
      }}
    >
      <p>
        This removes {user.name} with all grants, group memberships, access tokens and sessions. It cannot be
        undone. To keep the settings, disable {user.name} instead. Images stay.
      </p>
    </ConfirmDialog>
  );
}
