import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { askedActions, questionHref, type Question } from '../../model/explain/question.ts';

type What = 'repository' | 'catalog';

/** Describes a request. The answer has an address of its own, so sending the form changes the address. */
export function QuestionForm({ initial }: { readonly initial: Question }) {
  const { route } = useLocation();
  const [question, setQuestion] = useState(initial);
  const [what, setWhat] = useState<What>(
    initial.repository === '' && initial.user !== '' ? 'catalog' : 'repository',
  );
  const set = (change: Partial<Question>): void => setQuestion((old) => ({ ...old, ...change }));
  const toggle = (action: string, isChecked: boolean): void =>
    set({
      actions: askedActions.filter((one) => (one === action ? isChecked : question.actions.includes(one))),
    });
  const form = useForm({
    fields: ['host', 'user', 'repository'],
    validate: () => ({
      host:
        question.host.trim() === '' ? 'Enter the host under which clients reach the registry.' : undefined,
      repository:
        what === 'repository' && question.repository.trim() === ''
          ? 'Enter the name of a repository.'
          : undefined,
      actions:
        what === 'repository' && question.actions.length === 0 ? 'Select at least one action.' : undefined,
    }),
    send: async () => {
      const trimmed = {
        ...question,
        host: question.host.trim(),
        user: question.user.trim(),
        token: question.token.trim(),
        address: question.address.trim(),
        repository: what === 'catalog' ? '' : question.repository.trim(),
      };
      route(questionHref(trimmed));
    },
  });
  return (
    <Form form={form} submit="Explain request">
      <div class="field-grid">
        <TextField
          label="Host"
          hint="The one that the client uses."
          value={question.host}
          onValue={(host) => set({ host })}
          error={form.errorOf('host')}
        />
        <TextField
          label="User or robot"
          hint="Or ci:NAME for a trust rule. Empty for a client without a login."
          isOptional
          value={question.user}
          onValue={(user) => set({ user })}
          error={form.errorOf('user')}
        />
        <TextField
          label="Access token"
          hint="Its name, if one is used."
          isOptional
          value={question.token}
          onValue={(token) => set({ token })}
        />
        <TextField
          label="Client address"
          hint="For rules with networks."
          isOptional
          value={question.address}
          onValue={(address) => set({ address })}
        />
      </div>
      <Segments<What>
        legend="What the client requests"
        value={what}
        onValue={setWhat}
        choices={[
          { value: 'repository', label: 'A repository' },
          { value: 'catalog', label: 'The list of repositories' },
        ]}
      />
      {what === 'repository' && (
        <div class="field-grid">
          <TextField
            label="Repository"
            placeholder="team/app"
            value={question.repository}
            onValue={(repository) => set({ repository })}
            error={form.errorOf('repository')}
          />
          <fieldset class="check-row">
            <legend>Actions</legend>
            {askedActions.map((action) => (
              <label key={action}>
                <input
                  type="checkbox"
                  checked={question.actions.includes(action)}
                  onChange={(event) => toggle(action, event.currentTarget.checked)}
                />
                {action}
              </label>
            ))}
            {form.errorOf('actions') !== undefined && <p class="field-error">{form.errorOf('actions')}</p>}
          </fieldset>
        </div>
      )}
    </Form>
  );
}
