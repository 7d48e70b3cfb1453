import FileDown from 'lucide-static/icons/file-down.svg';
import { useRef, useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { ApiError, type FieldProblem } from '../../api/problem.ts';
import { readAll } from '../../api/read-all.ts';
import type { Rule, RulesPreview as Preview } from '../../api/rule-types.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { Button } from '../../components/form/button.tsx';
import { TextArea } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { formatRulesYaml, placeOf } from '../../model/rules/rule-yaml.ts';
import { useAction } from '../../state/use-action.ts';
import { PreviewResult } from './preview-result.tsx';

/** Shows what a pasted list of rules, in place of the configured ones, would change. Nothing is changed. */
export function RulesPreview() {
  const [text, setText] = useState('');
  const [faults, setFaults] = useState<readonly FieldProblem[]>([]);
  const [preview, setPreview] = useState<Preview>();
  const heading = useRef<HTMLHeadingElement>(null);
  const loading = useAction();
  const form = useForm({
    fields: ['policy'],
    validate: () => ({
      policy: text.trim() === '' ? 'Paste a list of rules, or start from the configured rules.' : undefined,
    }),
    send: async () => {
      setFaults([]);
      setPreview(undefined);
      try {
        const { data } = await call<Preview>('POST', '/rules/preview', { body: { policy: text } });
        setPreview(data);
        requestAnimationFrame(() => heading.current?.focus());
      } catch (error) {
        if (!(error instanceof ApiError) || error.fields.length === 0) throw error;
        setFaults(error.fields);
      }
    },
  });
  return (
    <Page
      title="Preview rules"
      crumbs={[{ label: 'Rules', href: '/auth/rules' }]}
      lead="Find out what other rules would change, and for whom, before you write them into dockpass.yml. Nothing is changed here."
    >
      <Form form={form} submit="Show what would change">
        <div>
          <Button
            Icon={FileDown}
            isBusy={loading.isBusy}
            onClick={() => loading.run(async () => setText(await readConfiguredRules()))}
          >
            Start from the configured rules
          </Button>
        </div>
        <TextArea
          label="Rules"
          hint={
            <>
              The whole list, as it stands under <code>policy:</code>, in YAML or JSON. It takes the place of
              the configured rules.
            </>
          }
          rows={10}
          value={text}
          onValue={setText}
          error={form.errorOf('policy')}
          placeholder={"- { deny: [push, delete], to: [everyone], on: ['release/**'] }"}
        />
        {loading.error !== undefined && <Alert kind="error">{loading.error.message}</Alert>}
      </Form>
      {faults.length > 0 && (
        <Alert kind="error" title="These rules are not valid">
          <ul class="bullets">
            {faults.map(({ pointer, detail }) => (
              <li key={`${pointer ?? ''} ${detail}`}>
                <strong>{placeOf(pointer ?? '')}:</strong> {detail}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {preview !== undefined && <PreviewResult preview={preview} heading={heading} />}
      <Equivalent
        api={{
          method: 'POST',
          path: '/rules/preview',
          body: { policy: text === '' ? [{ deny: ['push'], to: ['everyone'], on: ['release/**'] }] : text },
        }}
      />
    </Page>
  );
}

/** Reads all configured rules and writes them as YAML. */
async function readConfiguredRules(): Promise<string> {
  const rules = await readAll<Rule>('/rules');
  return rules.length === 0 ? '# There are no rules yet.\n' : formatRulesYaml(rules);
}
