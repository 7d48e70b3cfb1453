import { Badge } from '../../components/text/badge.tsx';

export interface Finding {
  readonly code: string;
  readonly severity: 'wrong' | 'warning';
  readonly problem: string;
  readonly impact: string;
  readonly fix: string;
}

/** A problem that was found, what it means, and how to fix it. */
export function FindingCard({ finding }: { readonly finding: Finding }) {
  const { code, severity, problem, impact, fix } = finding;
  return (
    <article class={`card finding finding-${severity}`} aria-label={code}>
      <header class="row">
        <Badge kind={severity === 'wrong' ? 'danger' : 'warning'}>
          {severity === 'wrong' ? 'problem' : 'warning'}
        </Badge>
        <code class="finding-code">{code}</code>
      </header>
      <p class="finding-problem">{problem}</p>
      {impact !== '' && (
        <p>
          <strong>Impact: </strong>
          {impact}
        </p>
      )}
      {fix !== '' && (
        <p class="finding-fix">
          <strong>Fix: </strong>
          {fix}
        </p>
      )}
    </article>
  );
}
