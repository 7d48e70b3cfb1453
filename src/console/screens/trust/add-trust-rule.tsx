import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { call } from '../../api/client.ts';
import type { TrustRule } from '../../api/trust-types.ts';
import { SelectField, TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import {
  emptyRight,
  formatRight,
  OnlyFields,
  rightsError,
  type RightDraft,
} from '../../components/form/only-fields.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import {
  emptyCondition,
  findConflict,
  requestOf,
  suggestName,
  suggestPattern,
  type RuleDraft,
} from '../../model/trust/draft.ts';
import { draftErrors } from '../../model/trust/draft-errors.ts';
import { commandOf } from '../../model/trust/add-command.ts';
import { platformChoices, readPlatform } from '../../model/trust/platforms.ts';
import { trustRuleHref } from '../../model/trust/subject.ts';
import { useToast } from '../../state/toasts.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { ConditionFields } from './condition-fields.tsx';
import { IssuerFields, ProjectFields } from './platform-fields.tsx';

const sessions = [
  { value: '1h', label: '1 hour' },
  { value: '15m', label: '15 minutes' },
  { value: '3h', label: '3 hours' },
  { value: '6h', label: '6 hours, the longest' },
  { value: '0s', label: 'None: until the token of the job expires' },
] as const;

const emptyDraft: Omit<RuleDraft, 'platform' | 'name' | 'only'> = {
  server: '',
  project: '',
  organization: '',
  branch: '',
  tag: '',
  environment: '',
  issuer: '',
  jwks: '',
  audience: '',
  conditions: [],
  session: '1h',
};

/** Adds a trust rule. Afterwards, the page of the rule shows the lines for the job. */
export function AddTrustRule() {
  const [platformName, setPlatform] = useQueryValue('platform');
  const platform = readPlatform(platformName);
  const [values, setValues] = useState(emptyDraft);
  // Suggestions follow the other fields until the person writes something else.
  const [ownName, setName] = useState<string>();
  const [ownRights, setRights] = useState<readonly RightDraft[]>();
  const filled = { ...values, platform, name: '', only: [] };
  const name = ownName ?? suggestName(filled);
  const rights = ownRights ?? [{ ...emptyRight, pattern: suggestPattern(filled), actions: ['pull', 'push'] }];
  const conditions =
    platform === 'other' && values.conditions.length === 0 ? [emptyCondition] : values.conditions;
  const draft: RuleDraft = { ...filled, name, only: rights.map(formatRight), conditions };
  const change = (part: Partial<RuleDraft>): void => setValues((old) => ({ ...old, ...part }));
  const toast = useToast();
  const { route } = useLocation();
  const body = requestOf(draft);
  const form = useForm({
    // An issuer that the form has made itself has no field, so its error is shown above the form.
    fields: [
      'name',
      'when',
      'only',
      'session',
      'audience',
      'jwks',
      ...(platform === 'buildkite' ? [] : ['issuer']),
    ],
    validate: () => ({ ...draftErrors(draft), only: rightsError(rights) }),
    send: async (idempotencyKey) => {
      const { data } = await call<TrustRule>('POST', '/trust', { body, idempotencyKey });
      toast(`The trust rule ${data.name} was added.`);
      route(trustRuleHref(data.name));
    },
  });
  const fields = { draft, onChange: change, errorOf: form.errorOf };
  return (
    <Page
      title="Add trust rule"
      crumbs={[{ label: 'Federated identities', href: '/auth/trust' }]}
      lead="Say whose tokens you accept and what they may do. Jobs of pull requests and other branches match too, unless you name a branch or an environment."
    >
      <div class="card form-card">
        <Form form={form} submit="Add trust rule" onCancel={() => route('/auth/trust')}>
          <h2>Whose tokens you accept</h2>
          <SelectField
            label="Platform"
            value={platform}
            choices={platformChoices}
            onValue={(next) => {
              // No field keeps a value that the other platform does not show.
              setValues(emptyDraft);
              setPlatform(next);
            }}
          />
          {platform === 'other' ? (
            <IssuerFields {...fields} />
          ) : (
            <ProjectFields {...fields} platform={platform} />
          )}
          <ConditionFields
            conditions={conditions}
            onConditions={(next) => change({ conditions: next })}
            isRequired={platform === 'other'}
            error={form.errorOf(platform === 'other' ? 'when' : 'conditions')}
            errorIndex={findConflict(draft)?.index ?? 0}
          />
          <h2>What they may do</h2>
          <OnlyFields rights={rights} onRights={setRights} error={form.errorOf('only')} />
          <p class="field-hint">
            {'A claim in a pattern, such as '}
            <code>{'team/${environment}/**'}</code>, stands for its value in the token.
          </p>
          <h2>The rule</h2>
          <TextField
            label="Name of the rule"
            hint={
              <>
                Jobs appear as <code>ci:{name === '' ? 'NAME' : name}</code> in the audit log and in rules.
              </>
            }
            value={name}
            onValue={setName}
            maxLength={64}
            error={form.errorOf('name')}
          />
          <div class="field-grid">
            <SelectField
              label="Session"
              hint="How long a job can push after its login."
              value={values.session as (typeof sessions)[number]['value']}
              choices={sessions}
              onValue={(session) => change({ session })}
              error={form.errorOf('session')}
            />
            <TextField
              label="Audience"
              isOptional
              hint="Empty for the private domains of this registry."
              value={values.audience}
              onValue={(audience) => change({ audience })}
              error={form.errorOf('audience')}
            />
          </div>
        </Form>
      </div>
      <Equivalent command={commandOf(draft)} api={{ method: 'POST', path: '/trust', body }} />
    </Page>
  );
}
