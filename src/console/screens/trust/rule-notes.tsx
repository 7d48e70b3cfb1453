import CircleCheck from 'lucide-static/icons/circle-check.svg';
import type { TrustRule } from '../../api/trust-types.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { Notes } from '../../components/feedback/notes.tsx';
import { Button } from '../../components/form/button.tsx';
import { Time } from '../../components/text/time.tsx';
import { trustRuleHref } from '../../model/trust/subject.ts';
import { ClaimTable } from './claim-table.tsx';

export interface RuleNotesProps {
  readonly rule: TrustRule;
  onConfirm(): void;
}

/** What an administrator must know or do about a trust rule. */
export function RuleNotes({ rule, onConfirm }: RuleNotesProps) {
  const { origin, isPending, candidate, hiddenBy, warnings } = rule;
  return (
    <>
      {isPending && candidate === null && (
        <Alert kind="info" title="This rule waits for its first token">
          <p>
            It grants nothing yet. Put the lines below into the job, and run the job once. Its login fails,
            and then its values appear here for you to confirm. This page notices them by itself.
          </p>
        </Alert>
      )}
      {isPending && candidate !== null && (
        <Alert
          kind="warning"
          title="A token has matched. Confirm that it is yours"
          actions={
            <Button kind="primary" Icon={CircleCheck} onClick={onConfirm}>
              Confirm…
            </Button>
          }
        >
          <p>
            Until you confirm, the rule grants nothing. The token came on <Time value={candidate.seenAt} />{' '}
            from the address <code>{candidate.address}</code>:
          </p>
          <ClaimTable caption="Claims of the token" claims={candidate.claims} />
        </Alert>
      )}
      {hiddenBy !== null && (
        <Alert kind="warning" title="This rule has no effect">
          <p>
            The rule <a href={trustRuleHref(hiddenBy)}>{hiddenBy}</a> comes first and matches every token that
            this rule matches. Change one of them, or change their order.
          </p>
        </Alert>
      )}
      <Notes title="Check this rule" texts={warnings} />
      {origin === 'file' && (
        <Alert kind="info">
          <p>
            This rule is in <code>dockpass.yml</code>, under <code>trust:</code>. To change or remove it, edit
            that file. A running server notices the change.
          </p>
        </Alert>
      )}
    </>
  );
}
