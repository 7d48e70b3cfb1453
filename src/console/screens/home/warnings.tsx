import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { Alert } from '../../components/feedback/alert.tsx';

interface Warning {
  readonly code: string;
  readonly severity: string;
  readonly problem: string;
  readonly impact: string;
  readonly fix: string;
}

const pollMs = 30_000;

/** Problems that the running server has found. Shows nothing if there are none. */
export function Warnings() {
  const { data } = useResource<Page<Warning>>('/warnings', { pollMs });
  return (
    <>
      {data?.items.map(({ code, severity, problem, impact, fix }) => (
        <Alert key={code + problem} kind={severity === 'error' ? 'error' : 'warning'} title={problem}>
          <p>{impact}</p>
          <p>
            <strong>Fix:</strong> {fix}
          </p>
        </Alert>
      ))}
    </>
  );
}
