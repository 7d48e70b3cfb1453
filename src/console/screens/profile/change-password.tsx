import { useState } from 'preact/hooks';
import { call, pathTo } from '../../api/client.ts';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useMe, useSession } from '../../state/session.tsx';
import { useToast } from '../../state/toasts.tsx';

/** Changes the own password. */
export function ChangePassword() {
  const { name } = useMe();
  const { refresh } = useSession();
  const toast = useToast();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const path = `${pathTo('users', name)}/password`;
  const form = useForm({
    fields: ['current', 'password'],
    validate: () => ({
      current: current === '' ? 'Enter your current password.' : undefined,
      password: password === '' ? 'Enter a new password.' : undefined,
      repeated: repeated === password ? undefined : 'The two new passwords are different.',
    }),
    send: async (idempotencyKey) => {
      await call('POST', path, { body: { current, password }, idempotencyKey });
      setCurrent('');
      setPassword('');
      setRepeated('');
      toast('Your password was changed.');
      // The change ends other sessions. If it ended this one too, the console asks to sign in.
      await refresh();
    },
  });
  return (
    <div class="card narrow">
      <Form form={form} submit="Change password">
        <input type="text" name="username" autocomplete="username" value={name} hidden readOnly />
        <TextField
          label="Current password"
          type="password"
          autocomplete="current-password"
          value={current}
          onValue={setCurrent}
          error={form.errorOf('current')}
        />
        <TextField
          label="New password"
          type="password"
          autocomplete="new-password"
          value={password}
          onValue={setPassword}
          error={form.errorOf('password')}
        />
        <TextField
          label="New password again"
          type="password"
          autocomplete="new-password"
          value={repeated}
          onValue={setRepeated}
          error={form.errorOf('repeated')}
        />
      </Form>
      <Equivalent
        command={`dockpass user passwd ${quoted(name)}`}
        api={{ method: 'POST', path, body: { current: 'CURRENT', password: 'NEW' } }}
      />
    </div>
  );
}
