import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import type { Grant, Group, Page as ListPage, User } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { emptyRight, RightFields, rightsError } from '../../components/form/only-fields.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useToast } from '../../state/toasts.tsx';

export interface CreateGrantProps {
  /** The user or `group:NAME`. Without it, the administrator enters it. */
  readonly subject: string | undefined;
  onCreated(): void;
  onClose(): void;
}

/** Adds a grant. */
export function CreateGrant({ subject: fixedSubject, onCreated, onClose }: CreateGrantProps) {
  const [subject, setSubject] = useState(fixedSubject ?? '');
  const [right, setRight] = useState(emptyRight);
  const toast = useToast();
  const body = { subject: subject.trim(), pattern: right.pattern.trim(), actions: right.actions };
  const form = useForm({
    fields: ['subject', 'pattern'],
    validate: () => ({
      subject: body.subject === '' ? 'Enter the name of a user, or group:NAME.' : undefined,
      pattern: rightsError([right]),
    }),
    send: async (idempotencyKey) => {
      const { data } = await call<Grant>('POST', '/grants', { body, idempotencyKey });
      onCreated();
      toast(`${data.subject} now has a grant on ${data.pattern}.`);
      onClose();
    },
  });
  return (
    <Dialog
      title={fixedSubject === undefined ? 'Add grant' : `Add a grant for ${fixedSubject}`}
      onClose={onClose}
    >
      <Form form={form} submit="Add grant" onCancel={onClose}>
        {fixedSubject === undefined && (
          <SubjectField value={subject} onValue={setSubject} error={form.errorOf('subject')} />
        )}
        <RightFields right={right} onRight={setRight} error={form.errorOf('pattern')} />
        <p class="field-hint">
          The first grant of a user, directly or through a group, replaces the rights of the role on
          repositories.
        </p>
      </Form>
      <Equivalent
        command={`dockpass grant add ${quoted(body.subject || 'NAME')} ${quoted(body.pattern || 'PATTERN')} ${right.actions.join(',')}`}
        api={{ method: 'POST', path: '/grants', body }}
      />
    </Dialog>
  );
}

interface SubjectFieldProps {
  readonly value: string;
  onValue(value: string): void;
  readonly error: string | undefined;
}

function SubjectField({ value, onValue, error }: SubjectFieldProps) {
  const q = value.trim().replace(/^group:/, '');
  const users = useResource<ListPage<User>>('/users', { query: { q, limit: 10 } });
  const groups = useResource<ListPage<Group>>('/groups', { query: { q, limit: 10 } });
  return (
    <TextField
      label="User or group"
      hint={
        <>
          The name of a user, or <code>group:NAME</code> for a group.
        </>
      }
      value={value}
      onValue={onValue}
      suggestions={[
        ...(users.data?.items.map(({ name }) => name) ?? []),
        ...(groups.data?.items.map(({ name }) => `group:${name}`) ?? []),
      ]}
      error={error}
    />
  );
}
