import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { call } from '../../api/client.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Plain } from '../../components/layout/plain.tsx';
import { useSession } from '../../state/session.tsx';

/**
 * Creates the first administrator. The code is in the fragment of the link, which browsers do not send. It leaves the
 * address at once, so that it is in no history and in no screenshot.
 */
export function Setup() {
  const [code, setCode] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [name, setName] = useState('admin');
  const [password, setPassword] = useState('');
  const { signIn } = useSession();
  const { route } = useLocation();
  const [cameWithCode] = useState(code !== '');
  useEffect(() => history.replaceState(null, '', location.pathname), []);
  const form = useForm({
    fields: ['name', 'password', ...(cameWithCode ? [] : ['code'])],
    validate: () => ({
      code: code.trim() === '' ? 'Enter the code from the end of the link.' : undefined,
      name: name.trim() === '' ? 'Enter a user name.' : undefined,
      password: password === '' ? 'Enter a password.' : undefined,
    }),
    send: async () => {
      await call('POST', '/setup', { body: { code: code.trim(), name: name.trim(), password } });
      await signIn(name.trim(), password);
      route('/auth/', true);
    },
  });
  return (
    <Plain
      title="Create the first administrator"
      lead="This account can do everything: add people, give rights, and delete images."
    >
      {!cameWithCode && (
        <Alert kind="info">
          Open the link that the server printed when it started, or enter the code that stands after{' '}
          <code>#</code> in it. A restart of the server prints a new link.
        </Alert>
      )}
      <Form form={form} submit="Create administrator">
        {!cameWithCode && (
          <TextField label="Code" value={code} onValue={setCode} error={form.errorOf('code')} />
        )}
        <TextField
          label="User name"
          name="username"
          autocomplete="username"
          value={name}
          onValue={setName}
          error={form.errorOf('name')}
        />
        <TextField
          label="Password"
          hint="A long phrase of several words is best. You also use it for docker login."
          name="password"
          type="password"
          autocomplete="new-password"
          value={password}
          onValue={setPassword}
          error={form.errorOf('password')}
        />
      </Form>
    </Plain>
  );
}
