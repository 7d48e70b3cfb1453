import { useState } from 'preact/hooks';
import { Alert } from '../../components/feedback/alert.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Plain } from '../../components/layout/plain.tsx';
import { useSession } from '../../state/session.tsx';

/** Asks for name and password. The address stays, so the person arrives at the page that they wanted. */
export function SignIn({ because }: { readonly because: 'ended' | undefined }) {
  const { signIn } = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm({
    fields: ['name', 'password'],
    validate: () => ({
      name: name.trim() === '' ? 'Enter your user name.' : undefined,
      password: password === '' ? 'Enter your password.' : undefined,
    }),
    send: () => signIn(name.trim(), password),
  });
  return (
    <Plain title="Sign in">
      {because === 'ended' && (
        <Alert kind="info">Your session has ended. Sign in to continue where you were.</Alert>
      )}
      <Form form={form} submit="Sign in">
        <TextField
          label="User name"
          name="username"
          autocomplete="username"
          autoFocus
          value={name}
          onValue={setName}
          error={form.errorOf('name')}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          value={password}
          onValue={setPassword}
          error={form.errorOf('password')}
        />
      </Form>
      <details class="plain-help">
        <summary>You have no account, or cannot sign in?</summary>
        <p>
          An administrator creates accounts and sets new passwords. If there is no administrator yet, the log
          of the server shows a link that creates the first one.
        </p>
      </details>
    </Plain>
  );
}
