import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import Check from 'lucide-static/icons/check.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { Skeleton } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SelectField, TextField } from '../../components/form/fields.tsx';
import { Section } from '../../components/layout/page.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { formatTime } from '../../components/text/time.tsx';
import { useMe } from '../../state/session.tsx';
import { exampleName, mayDo } from './example-name.ts';
import { useProgress } from './use-progress.ts';

const tools = [
  { value: 'docker', label: 'docker' },
  { value: 'podman', label: 'podman' },
  { value: 'nerdctl', label: 'nerdctl (containerd)' },
] as const;

export interface FirstPushProps {
  /** True hides the steps if there are images already, so that the overview stays short. */
  readonly isCollapsible?: boolean;
}

/**
 * A guide to the first push with the exact commands for this host. It notices the login and the push, and says so on
 * the page and to screen readers.
 */
export function FirstPush({ isCollapsible = false }: FirstPushProps) {
  const me = useMe();
  const [tool, setTool] = useState<(typeof tools)[number]['value']>('docker');
  const [repository, setRepository] = useState(() => exampleName(me.rights));
  const mayPush = mayDo(me.rights, 'push');
  const existing = useResource<Page<object>>('/repositories', { query: { limit: 1 } });
  const isCollapsed = isCollapsible && existing.data !== undefined && existing.data.items.length > 0;
  const [isOpen, setOpen] = useState(false);
  const [isFinished, setFinished] = useState(false);
  const isWatching = !isFinished && (isOpen || !isCollapsed);
  const { login, isPushed } = useProgress(repository.trim(), isWatching);
  const isComplete = login !== undefined && (isPushed || !mayPush);
  useEffect(() => {
    if (isComplete) setFinished(true);
  }, [isComplete]);
  const host = location.host;
  const image = `${host}/${repository.trim() || 'hello'}:1`;
  const steps = (
    <>
      <div class="guide-choices">
        <SelectField label="Program" value={tool} onValue={setTool} choices={tools} />
        {mayPush && (
          <TextField label="Repository" value={repository} onValue={setRepository} maxLength={200} />
        )}
      </div>
      <ol class="guide">
        <Step
          title="Log in"
          isDone={login !== undefined}
          state={
            login === undefined
              ? 'Waiting for your login'
              : `Logged in on ${formatTime(login.at)}${login.from === undefined ? '' : ` from ${login.from}`}`
          }
        >
          <CopyableCode text={`${tool} login ${host} -u ${me.name}`} />
          <p class="field-hint">
            Enter your password, or better an access token from <a href="/auth/profile">your profile</a>.
          </p>
        </Step>
        {mayPush ? (
          <Step
            title="Push an image"
            isDone={isPushed}
            state={isPushed ? `${repository.trim()} is in the registry` : 'Waiting for your push'}
          >
            <CopyableCode
              text={`${tool} pull hello-world\n${tool} tag hello-world ${image}\n${tool} push ${image}`}
              label="Copy commands"
            />
          </Step>
        ) : undefined}
        <Step title="Pull it anywhere">
          <CopyableCode text={`${tool} pull ${mayPush ? image : `${host}/REPOSITORY:TAG`}`} />
        </Step>
      </ol>
    </>
  );
  const title = mayPush ? 'Guide to the first push' : 'Guide to the first pull';
  if (isCollapsible && existing.data === undefined && existing.error === undefined)
    return <Skeleton lines={3} label="Loading the overview" />;
  if (isCollapsed)
    return (
      <details
        class="card guide-details"
        onToggle={(event) => {
          setOpen(event.currentTarget.open);
        }}
      >
        <summary>{title}</summary>
        {isOpen && steps}
      </details>
    );
  return (
    <Section
      title={title}
      lead="The commands are for this registry. This page notices when you have run them."
    >
      <div class="card">
        {steps}
        {isComplete && mayPush && (
          <div>
            <LinkButton kind="primary" href={`/auth/repositories/${encodeURIComponent(repository.trim())}`}>
              Show {repository.trim()}
            </LinkButton>
          </div>
        )}
      </div>
    </Section>
  );
}

interface StepProps {
  readonly title: string;
  readonly isDone?: boolean;
  readonly state?: string;
  readonly children: ComponentChildren;
}

function Step({ title, isDone = false, state, children }: StepProps) {
  return (
    <li class={isDone ? 'step step-done' : 'step'}>
      <span class="step-mark" aria-hidden="true">
        {isDone && <Check size={14} />}
      </span>
      <div class="stack-small">
        <h3>{title}</h3>
        {children}
        {state !== undefined && (
          <p class={isDone ? 'step-state good-text' : 'step-state muted'} role="status">
            {!isDone && <span class="pulse" aria-hidden="true" />}
            {state}
          </p>
        )}
      </div>
    </li>
  );
}
