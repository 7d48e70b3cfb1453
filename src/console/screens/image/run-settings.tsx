import { Details } from '../../components/data/details.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatWords, type RunSettings } from '../../model/images/configuration.ts';

/** What a container of the image runs. */
export function RunSettingsSection({ settings }: { readonly settings: RunSettings }) {
  const { entrypoint, command, workingDirectory, user, ports, volumes, stopSignal, environment } = settings;
  return (
    <Section title="Configuration">
      <Details
        items={[
          ['Entrypoint', <Value text={formatWords(entrypoint)} />],
          ['Command', <Value text={formatWords(command)} />],
          ['User', <Value text={user ?? ''} unset="not set, so root" />],
          ['Working directory', <Value text={workingDirectory ?? ''} />],
          ['Ports', <Value text={ports.join(', ')} unset="none" />],
          ['Volumes', <Value text={volumes.join(', ')} unset="none" />],
          ...(stopSignal === undefined ? [] : ([['Stop signal', <Value text={stopSignal} />]] as const)),
        ]}
      />
      {environment.length > 0 && (
        <details class="disclosure">
          <summary>
            {environment.length === 1
              ? '1 environment variable'
              : `${environment.length} environment variables`}
          </summary>
          <pre class="listing" tabIndex={0} aria-label="Environment variables">
            {environment.join('\n')}
          </pre>
        </details>
      )}
    </Section>
  );
}

function Value({ text, unset = 'not set' }: { readonly text: string; readonly unset?: string }) {
  return text === '' ? <span class="muted">{unset}</span> : <code>{text}</code>;
}
