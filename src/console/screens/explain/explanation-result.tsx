import { useEffect, useRef } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { useAsync } from '../../api/use-async.ts';
import { Details } from '../../components/data/details.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Badge } from '../../components/text/badge.tsx';
import {
  describeWho,
  realmReasons,
  verdictOf,
  type ExplainedScope,
  type Explanation,
} from '../../model/explain/explanation.ts';
import { questionBody, type Question } from '../../model/explain/question.ts';

/** The answer to a question. It gets the focus when it arrives, because it is below the form. */
export function ExplanationResult({ question }: { readonly question: Question }) {
  const key = JSON.stringify(question);
  const answer = useAsync(key, async (signal) => {
    const { data } = await call<Explanation>('POST', '/explain', { body: questionBody(question), signal });
    return data;
  });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (answer.data !== undefined) heading.current?.focus();
  }, [answer.data]);
  return (
    <section class="section" aria-busy={answer.isLoading}>
      <h2 ref={heading} tabIndex={-1}>
        Result
      </h2>
      {answer.isLoading && <Skeleton lines={4} label="Explaining the request" />}
      {answer.error !== undefined && <ErrorState error={answer.error} onRetry={answer.reload} />}
      {answer.data !== undefined && <ExplanationView explanation={answer.data} />}
    </section>
  );
}

function ExplanationView({ explanation }: { readonly explanation: Explanation }) {
  const { realm, who, note, scopes, token } = explanation;
  const verdict = verdictOf(explanation);
  return (
    <>
      <Alert kind={verdict.kind} title={verdict.title}>
        {note != null && <p>{`${note.charAt(0).toUpperCase()}${note.slice(1)}.`}</p>}
        {verdict.kind === 'warning' && (
          <p>
            The registry denies what the token does not contain, in its own words and without an id. docker
            shows “requested access to the resource is denied”.
          </p>
        )}
      </Alert>
      <Details
        items={[
          ['Domain', `${realm.kind}: ${realm.host}, because ${realmReasons[realm.because]}`],
          ['Who', describeWho(who)],
          ...(token == null ? [] : ([['Token', `valid for ${token.expiresIn} seconds`]] as const)),
        ]}
      />
      <ul class="cards">
        {scopes.map((scope) => (
          <ScopeCard key={scope.scope} scope={scope} />
        ))}
      </ul>
    </>
  );
}

function ScopeCard({ scope: { scope, actions, missing, reason, by } }: { readonly scope: ExplainedScope }) {
  return (
    <li class="card">
      <p>
        <code class="wrap">{scope}</code>
      </p>
      <div class="row">
        {actions.map((action) => (
          <Badge key={action} kind="good">
            {action === '*' ? 'everything' : action}
          </Badge>
        ))}
        {missing.map((action) => (
          <Badge key={action} kind="danger">
            no {action}
          </Badge>
        ))}
        <span class="muted">because: {reason}</span>
      </div>
      {by.length > 0 && (
        <div>
          <h3>What decides</h3>
          <ul class="bullets">
            {by.map((text) => (
              <li key={text} class="wrap">
                {text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </li>
  );
}
