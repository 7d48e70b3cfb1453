import { Alert } from '../../components/feedback/alert.tsx';
import { useWarnings } from '../../state/use-warnings.ts';

/** Problems that the running server has found. Shows nothing if there are none. */
export function Warnings() {
  const { data } = useWarnings();
  return (
    <>
      {data?.items.map(({ code, message }) => (
        <Alert key={code} kind="warning">
          {message.charAt(0).toUpperCase() + message.slice(1)} <a href="/auth/warnings">All warnings</a>
        </Alert>
      ))}
    </>
  );
}
