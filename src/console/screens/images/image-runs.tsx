import { Details } from '../../components/data/details.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatWords, type ImageConfiguration } from '../../model/images/configuration.ts';

/** What a container of the image runs. */
export function ImageRuns({ configuration }: { readonly configuration: ImageConfiguration }) {
  const { entrypoint, command, workingDirectory, user, ports, volumes, stopSignal, environment } = configuration;
  const code = (text: string | undefined) =>
    text === undefined || text === '' ? <span class="muted">not set</span> : <code>{text}</code>;
  return (
    <Section title="Configuration">
      <Details
        items={[
          ['Entrypoint', code(formatWords(entrypoint))],
          ['Command', code(formatWords(command))],
          ['User', user === undefined ? <span class="muted">not set: root</span> : <code>{user}</code>],
          ['Working directory', code(workingDirectory)],
          ['Ports', code(ports.join(', '))],
          ['Volumes', code(volumes.join(', '))],
          ...(stopSignal === undefined ? [] : ([['Stop signal', code(stopSignal)]] as const)),
        ]}
      />
      {environment.length > 0 && (
        <details class="disclosure">
          <summary>Environment ({environment.length})</summary>
          <pre class="listing" tabIndex={0}>
            {environment.join('\n')}
          </pre>
        </details>
      )}
    </Section>
  );
}
