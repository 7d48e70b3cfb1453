import { useState } from 'preact/hooks';
import { call, pathTo } from '../../api/client.ts';
import type { Robot } from '../../api/types.ts';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { TextField } from '../../components/form/fields.tsx';
import { Form } from '../../components/form/form.tsx';
import {
  formatRight,
  OnlyFields,
  parseRight,
  rightsError,
  type RightDraft,
} from '../../components/form/only-fields.tsx';
import { useForm } from '../../components/form/use-form.ts';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { formatOnly } from '../../components/text/rights.tsx';
import { useToast } from '../../state/toasts.tsx';

export interface EditRobotProps {
  readonly robot: Robot;
  readonly etag: string | undefined;
  onChanged(): void;
  onClose(): void;
}

/** Changes the rights, the expiry and the labels of a robot. The secret stays. */
export function EditRobot({ robot, etag, onChanged, onClose }: EditRobotProps) {
  const [rights, setRights] = useState<readonly RightDraft[]>(() =>
    robot.only.map(formatOnly).map(parseRight),
  );
  const [expires, setExpires] = useState('');
  const [owner, setOwner] = useState(robot.owner ?? '');
  const [description, setDescription] = useState(robot.description ?? '');
  const toast = useToast();
  const path = pathTo('robots', robot.name);
  const only = rights.map(formatRight);
  const body = {
    ...(only.join(' ') !== robot.only.map(formatOnly).join(' ') && { only }),
    ...(expires.trim() !== '' && { expires: expires.trim() }),
    ...(owner !== (robot.owner ?? '') && { owner }),
    ...(description !== (robot.description ?? '') && { description }),
  };
  const form = useForm({
    fields: ['only', 'expires', 'owner', 'description'],
    validate: () => ({ only: rightsError(rights) }),
    send: async () => {
      await call('PATCH', path, { body, etag });
      onChanged();
      toast(`The robot ${robot.name} was changed.`);
      onClose();
    },
  });
  return (
    <Dialog title={`Edit ${robot.name}`} onClose={onClose}>
      <Form form={form} submit="Save changes" onCancel={onClose}>
        <OnlyFields rights={rights} onRights={setRights} error={form.errorOf('only')} />
        <TextField
          label="Expires after"
          isOptional
          hint="From now, for example 365d. Leave it empty to keep the expiry."
          value={expires}
          onValue={setExpires}
          error={form.errorOf('expires')}
        />
        <TextField
          label="Owner"
          isOptional
          hint="Who is responsible for the robot."
          value={owner}
          onValue={setOwner}
          error={form.errorOf('owner')}
        />
        <TextField
          label="Description"
          isOptional
          value={description}
          onValue={setDescription}
          error={form.errorOf('description')}
        />
      </Form>
      <Equivalent
        command={[
          `dockpass robot set ${quoted(robot.name)}`,
          ...(body.only ?? []).map((right) => `--only ${quoted(right)}`),
          ...(body.expires === undefined ? [] : [`--expires ${quoted(body.expires)}`]),
          ...(body.owner === undefined ? [] : [`--owner ${quoted(body.owner)}`]),
          ...(body.description === undefined ? [] : [`--description ${quoted(body.description)}`]),
        ].join(' ')}
        api={{ method: 'PATCH', path, body }}
      />
    </Dialog>
  );
}
