import { useEffect, useState } from 'preact/hooks';
import Eraser from 'lucide-static/icons/eraser.svg';
import { call } from '../../api/client.ts';
import type { JwtTest } from '../../api/trust-types.ts';
import { Button } from '../../components/form/button.tsx';
import { TextArea, TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { option } from '../../model/option.ts';
import { TestResult } from './test-result.tsx';

/** The longest JWT that a client can send as a password, and more. */
const maxLength = 65_536;

/** Tests which trust rule a pasted token matches. The token is a secret: it is sent once and stored nowhere. */
export function TestToken() {
  const [jwt, setJwt] = useState('');
  const [host, setHost] = useState('');
  const [result, setResult] = useState<JwtTest>();
  const dismiss = (): void => {
    setJwt('');
    setResult(undefined);
  };
  useEffect(() => {
    // The browser can keep the page in memory after the person has left it, and show it again.
    addEventListener('pagehide', dismiss);
    return () => removeEventListener('pagehide', dismiss);
  }, []);
  const form = useForm({
    fields: ['jwt', 'host'],
    validate: () => ({
      jwt: jwt.trim() === '' ? 'Paste a token. It has three parts with dots between them.' : undefined,
    }),
    send: async () => {
      setResult(undefined);
      const body = { jwt: jwt.trim(), ...(host.trim() !== '' && { host: host.trim() }) };
      const { data } = await call<JwtTest>('POST', '/trust/test', { body });
      setResult(data);
    },
  });
  return (
    <Page
      title="Test a token"
      crumbs={[{ label: 'Federated identities', href: '/auth/trust' }]}
      lead="Find out which trust rule a token matches, or which claim does not match. The token logs no one in, and it is not stored."
    >
      <div class="card form-card">
        <Form form={form} submit="Test token">
          <TextArea
            label="Token"
            hint="The JWT of a job, or of a service account. Anyone who has it can log in until it expires."
            rows={6}
            maxLength={maxLength}
            value={jwt}
            onValue={setJwt}
            error={form.errorOf('jwt')}
          />
          <TextField
            label="Host"
            isOptional
            hint="The host that the client uses. Empty for every private domain."
            placeholder={location.host}
            value={host}
            onValue={setHost}
            error={form.errorOf('host')}
          />
        </Form>
        {(jwt !== '' || result !== undefined) && (
          <div>
            <Button kind="quiet" Icon={Eraser} onClick={dismiss}>
              Clear token and result
            </Button>
          </div>
        )}
      </div>
      {result !== undefined && <TestResult result={result} />}
      <Equivalent
        command={['dockpass trust test -', ...option('--host', host)].join(' ')}
        api={{
          method: 'POST',
          path: '/trust/test',
          body: { jwt: 'JWT', ...(host.trim() !== '' && { host: host.trim() }) },
        }}
      />
    </Page>
  );
}
