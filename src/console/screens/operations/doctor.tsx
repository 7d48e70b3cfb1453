import Stethoscope from 'lucide-static/icons/stethoscope.svg';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import type { ApiError } from '../../api/problem.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { CheckField } from '../../components/form/fields.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { Time } from '../../components/text/time.tsx';
import { FindingCard, type Finding } from './finding-card.tsx';

interface Diagnosis {
  readonly items: readonly Finding[];
  /** Which checks were skipped, and why. */
  readonly skipped: string | null;
  readonly checked: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** The last result, so that it is still there when a person comes back to this page. */
let lastDiagnosis: Diagnosis | undefined;

/** Checks configuration, keys, registry and edge, and shows how to fix what is wrong. */
export function Doctor() {
  const [readOnly, setReadOnly] = useState(false);
  const [diagnosis, setDiagnosis] = useState(lastDiagnosis);
  const [error, setError] = useState<ApiError>();
  const [isRunning, setRunning] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);

  const run = async (): Promise<void> => {
    controller.current = new AbortController();
    const { signal } = controller.current;
    setRunning(true);
    setError(undefined);
    try {
      const { data } = await call<Diagnosis>('POST', '/doctor', { body: { readOnly }, signal });
      lastDiagnosis = data;
      setDiagnosis(data);
      requestAnimationFrame(() => heading.current?.focus());
    } catch (failure) {
      if (!signal.aborted) setError(failure as ApiError);
    } finally {
      if (!signal.aborted) setRunning(false);
    }
  };

  return (
    <Page
      title="Doctor"
      lead="Checks the configuration, the keys, the registry and the edge, and logs in, pushes and pulls through each domain as a client does."
    >
      <div class="toolbar">
        <Button kind="primary" Icon={Stethoscope} isBusy={isRunning} onClick={() => void run()}>
          {isRunning ? 'Checks are running' : diagnosis === undefined ? 'Run checks' : 'Run checks again'}
        </Button>
        <CheckField
          label="Read only"
          hint="Skip the checks that create a robot or upload data to the registry."
          value={readOnly}
          onValue={setReadOnly}
        />
      </div>
      {error !== undefined && <ErrorState error={error} onRetry={() => void run()} />}
      {isRunning && <Skeleton lines={4} label="The checks are running. This takes up to a minute" />}
      {!isRunning && diagnosis !== undefined && <Result diagnosis={diagnosis} heading={heading} />}
      {!isRunning && diagnosis === undefined && error === undefined && (
        <EmptyState Icon={Stethoscope} title="No check has run yet">
          Run the checks if logins, pushes or pulls fail, and after each change of the registry, the edge or
          the certificates. They take up to a minute.
        </EmptyState>
      )}
      <Equivalent
        command={`dockpass doctor${readOnly ? ' --read-only' : ''}`}
        api={{ method: 'POST', path: '/doctor', body: { readOnly } }}
      />
    </Page>
  );
}

interface ResultProps {
  readonly diagnosis: Diagnosis;
  readonly heading: { readonly current: HTMLHeadingElement | null };
}

function Result({ diagnosis, heading }: ResultProps) {
  const { items, skipped, checked, finishedAt } = diagnosis;
  const wrong = items.filter(({ severity }) => severity === 'wrong');
  const sorted = [...wrong, ...items.filter(({ severity }) => severity === 'warning')];
  return (
    <section class="section">
      <header class="section-header">
        <h2 ref={heading} tabIndex={-1}>
          {titleOf(wrong.length, items.length - wrong.length)}
        </h2>
        <span class="muted page-actions">
          <Time value={finishedAt} withDistance />
        </span>
      </header>
      {items.length === 0 && <Alert kind="success">Everything that was checked works.</Alert>}
      {sorted.length > 1 && (
        <p class="section-lead">The root cause comes first. Fix the problems from top to bottom.</p>
      )}
      {sorted.map((finding) => (
        <FindingCard key={finding.code} finding={finding} />
      ))}
      {skipped !== null && <Alert kind="info">{skipped}</Alert>}
      <Section title="What was checked">
        <ul class="bullets">
          {checked.map((text) => (
            <li key={text} class="wrap">
              {text}
            </li>
          ))}
        </ul>
      </Section>
    </section>
  );
}

function titleOf(problemCount: number, warningCount: number): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  if (problemCount === 0 && warningCount === 0) return 'No problem found';
  return [
    ...(problemCount > 0 ? [count(problemCount, 'problem')] : []),
    ...(warningCount > 0 ? [count(warningCount, 'warning')] : []),
  ].join(' and ');
}
