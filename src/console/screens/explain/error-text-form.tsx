import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { TextArea } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Section } from '../../components/layout/page.tsx';
import { findErrorId, findRequestedImage } from '../../model/explain/error-id.ts';
import { questionHref } from '../../model/explain/question.ts';

/** Takes the error text of a client. Its id leads to the explanation; without an id, the name of the image does. */
export function ErrorTextForm() {
  const { route } = useLocation();
  const [text, setText] = useState('');
  const id = findErrorId(text);
  const image = id === undefined ? findRequestedImage(text) : undefined;
  const form = useForm({
    fields: ['text'],
    validate: () => ({ text: id === undefined && image === undefined ? noId(text) : undefined }),
    send: async () => {
      if (id !== undefined) route(`/auth/explain/${id}`);
      else if (image !== undefined)
        route(questionHref({ ...image, user: '', token: '', address: '', actions: ['pull', 'push'] }));
    },
  });
  return (
    <Section
      title="Explain an error"
      lead={
        <>
          Paste what docker, podman or another client printed. It ends with an id, such as{' '}
          <code>(refusal 3stag409zq69)</code>.
        </>
      }
    >
      <Form form={form} submit="Explain error">
        <div class="short-text">
          <TextArea
            label="Error text or id"
            rows={3}
            value={text}
            onValue={setText}
            error={form.errorOf('text')}
            placeholder="Error response from daemon: … (refusal 3stag409zq69)"
          />
        </div>
      </Form>
    </Section>
  );
}

function noId(text: string): string {
  return text.trim() === ''
    ? 'Paste the error text, or only the id.'
    : 'There is no id and no name of an image in this text. Paste the whole error, or describe the request below.';
}
