import { useEffect, useRef } from 'preact/hooks';
import type { JwtTest } from '../../api/trust-types.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { OnlyList } from '../../components/text/rights.tsx';
import { visible } from '../../model/visible-text.ts';
import { trustRuleHref } from '../../model/trust/subject.ts';
import {
  groupResults,
  verdictOfTest,
  type Mismatch,
  type ShownResult,
} from '../../model/trust/test-words.ts';
import { ClaimTable } from './claim-table.tsx';
import { AcceptedValues } from './condition-list.tsx';

/** The answer to a test. It gets the focus when it arrives, because it is below the form. */
export function TestResult({ result }: { readonly result: JwtTest }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [result]);
  const verdict = verdictOfTest(result);
  const groups = groupResults(result.results);
  return (
    <section class="section">
      <h2 ref={heading} tabIndex={-1}>
        Result
      </h2>
      <Alert kind={verdict.kind} title={verdict.title}>
        {result.detail !== null && result.problem !== 'no rule matches' && <p>{visible(result.detail)}</p>}
        {result.rule !== null && (
          <p>
            {result.verdict === 'denied' && 'Otherwise, this rule would match: '}
            {result.verdict === 'accepted' && 'The rule that matches: '}
            <a href={trustRuleHref(result.rule)}>{result.rule}</a>
          </p>
        )}
      </Alert>
      {result.verdict === 'accepted' && <Granted result={result} />}
      {groups.length > 0 && (
        <>
          <h3>Rules with this issuer, in the order in which they are tried</h3>
          <ul class="cards">
            {groups.map((group) => (
              <ResultCard key={group.rule} group={group} />
            ))}
          </ul>
        </>
      )}
      {result.claims !== null && (
        <>
          <h3>Claims of the token</h3>
          {!result.isVerified && (
            <p class="warning-text">
              The signature is wrong or could not be checked. Anyone can have written these claims.
            </p>
          )}
          <ClaimTable caption="Claims of the token" claims={result.claims} />
        </>
      )}
    </section>
  );
}

/** What a login with the token gives, and where. */
function Granted({ result: { rights, hosts } }: { readonly result: JwtTest }) {
  const publicHosts = hosts.filter(({ realm }) => realm === 'public').map(({ host }) => host);
  return (
    <>
      <h3>Rights on repositories</h3>
      {rights.length === 0 ? (
        <p class="muted">None. The values of the token do not fit into the patterns of the rule.</p>
      ) : (
        <OnlyList only={rights} />
      )}
      {publicHosts.length > 0 && (
        <p class="muted">
          {publicHosts.join(', ')} is a public domain, where the token gives no more than pull.
        </p>
      )}
    </>
  );
}

function ResultCard({ group }: { readonly group: ShownResult }) {
  return (
    <li class="card">
      <p class="row">
        <a href={trustRuleHref(group.rule)}>{group.rule}</a>
        <Badge kind="danger">does not match</Badge>
      </p>
      <ul class="bullets">
        {group.mismatches.map((mismatch) => (
          <li key={mismatch.claim} class="wrap">
            <MismatchText mismatch={mismatch} />
          </li>
        ))}
      </ul>
    </li>
  );
}

function MismatchText({ mismatch: { claim, expected, actual, text } }: { readonly mismatch: Mismatch }) {
  if (text !== undefined) return <>{text}</>;
  return (
    <>
      {actual === undefined ? (
        <>
          The token has no claim <code>{claim}</code>. It must be{' '}
        </>
      ) : (
        <>
          The claim <code>{claim}</code> is <code>{actual}</code>, but must be{' '}
        </>
      )}
      <AcceptedValues values={expected} />.
    </>
  );
}
