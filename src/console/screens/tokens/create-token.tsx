import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import type { AccessToken, WithSecret } from '../../api/types.ts';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { SecretOnce } from '../../components/feedback/secret-once.tsx';
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
import { RadioCards } from '../../components/form/radio-cards.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useMe } from '../../state/session.tsx';

export interface CreateTokenProps {
  /** The user of the token. Without it, an administrator enters the name. */
  readonly user: string | undefined;
  onCreated(): void;
  onClose(): void;
}

/** Creates an access token, and shows it once. */
export function CreateToken({ user: fixedUser, onCreated, onClose }: CreateTokenProps) {
  const me = useMe();
  const [user, setUser] = useState(fixedUser ?? me.name);
  const [name, setName] = useState('');
  const [expires, setExpires] = useState('90d');
  const [scope, setScope] = useState<'all' | 'only'>('all');
  const [rights, setRights] = useState<readonly RightDraft[]>([emptyRight]);
  const [api, setApi] = useState(false);
  const [created, setCreated] = useState<WithSecret<AccessToken>>();
  const only = scope === 'only' ? rights.map(formatRight) : undefined;
  const body = {
    ...(user !== me.name && { user }),
    name: name.trim(),
    ...(only !== undefined && { only }),
    expires: expires.trim(),
    ...(api && { api }),
  };
  const form = useForm({
    fields: ['user', 'name', 'expires', 'only'],
    validate: () => ({
      user: user.trim() === '' ? 'Enter the name of a user.' : undefined,
      name: name.trim() === '' ? 'Enter a name.' : undefined,
      expires: expires.trim() === '' ? 'Enter a duration.' : undefined,
      only: scope === 'only' ? rightsError(rights) : undefined,
    }),
    send: async (idempotencyKey) => {
      const { data } = await call<WithSecret<AccessToken>>('POST', '/tokens', { body, idempotencyKey });
      onCreated();
      setCreated(data);
    },
  });
  if (created !== undefined)
    return (
      <SecretOnce title={`Access token ${created.name}`} secret={created.secret ?? ''} onDismiss={onClose}>
        <p>Log in with the name {created.user} and this token as the password:</p>
        <CopyableCode text={`docker login ${location.host} -u ${created.user}`} />
      </SecretOnce>
    );
  return (
    <Dialog title="Create access token" onClose={onClose}>
      <Form form={form} submit="Create access token" onCancel={onClose}>
        <TextField
          label="Name"
          hint="Where the token is used, for example laptop or ci."
          value={name}
          onValue={setName}
          maxLength={255}
          error={form.errorOf('name')}
        />
        {fixedUser === undefined && (
          <TextField
            label="User"
            hint="The token never has more rights than this user."
            value={user}
            onValue={setUser}
            error={form.errorOf('user')}
          />
        )}
        <ExpiryField value={expires} onValue={setExpires} allowsNever error={form.errorOf('expires')} />
        <RadioCards
          legend="Rights"
          value={scope}
          onValue={setScope}
          choices={[
            { value: 'all', label: 'All rights of the user' },
            {
              value: 'only',
              label: 'Only these rights',
              description: 'The token can never do more than this.',
            },
          ]}
        />
        {scope === 'only' && <OnlyFields rights={rights} onRights={setRights} error={form.errorOf('only')} />}
        <CheckField
          label="May use the API"
          hint="For the remote command line, and for scripts that call the administration API."
          value={api}
          onValue={setApi}
        />
      </Form>
      <Equivalent
        command={[
          `dockpass token create ${quoted(body.name || 'NAME')} --user ${quoted(user)}`,
          ...(only ?? []).map((right) => `--only ${quoted(right)}`),
          `--expires ${expires}`,
          ...(api ? ['--api'] : []),
        ].join(' ')}
        api={{ method: 'POST', path: '/tokens', body }}
      />
    </Dialog>
  );
}
