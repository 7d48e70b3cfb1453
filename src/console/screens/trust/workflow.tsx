import type { TrustRule } from '../../api/trust-types.ts';
import { Section } from '../../components/layout/page.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { audienceFor, workflowLines, workflowOf } from '../../model/trust/workflow.ts';

/** How a job or a pod logs in by the rule. */
export function Workflow({ rule }: { readonly rule: TrustRule }) {
  if (workflowOf(rule) === 'kubernetes')
    return (
      <Section title="Set up the cluster">
        <p>
          The kubelet requests the token of each pod, and gives it to a plugin. The command{' '}
          <code>dockpass kubernetes init</code> writes the plugin and its configuration. Its audience is{' '}
          <code>{audienceFor(rule.audience, location.host)}</code>.
        </p>
      </Section>
    );
  const { file, text } = workflowLines(rule, location.host);
  return (
    <Section
      title="Lines for the job"
      lead={
        file === undefined ? (
          'Put this line into the job, before the step that pulls or pushes. The variable contains its token.'
        ) : (
          <>
            Put these lines into <code>{file}</code>, before the step that pulls or pushes.
          </>
        )
      }
    >
      <CopyableCode text={text} label="Copy lines" />
    </Section>
  );
}
