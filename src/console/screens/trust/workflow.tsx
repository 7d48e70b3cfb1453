import type { TrustRule } from '../../api/trust-types.ts';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { workflowLines } from '../../model/trust/workflow.ts';

/** The lines that a job needs to log in by the rule. */
export function Workflow({ rule }: { readonly rule: TrustRule }) {
  const { file, text } = workflowLines(rule, location.host);
  return (
    <div class="stack-small">
      <p class="muted">
        Put these lines into {rule.preset === null ? file : <code>{file}</code>}, before the step that pulls
        or pushes:
      </p>
      <CopyableCode text={text} label="Copy lines" />
    </div>
  );
}
