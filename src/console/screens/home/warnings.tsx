import { Alert } from '../../components/feedback/alert.tsx';
import { useWarnings } from '../../state/use-warnings.ts';

/** Problems that the running server has found. Shows nothing if there are none. */
export function Warnings() {
  const { data } = useWarnings();
  return (
    <>
      {data?.items.map(({ code, problem, impact, fix }) => (
        <Alert key={code} kind="warning" title={problem}>
          <p>{impact}</p>
          <p>
            <strong>Fix:</strong> {fix} <a href="/auth/warnings">All warnings</a>
          </p>
        </Alert>
      ))}
    </>
  );
}
