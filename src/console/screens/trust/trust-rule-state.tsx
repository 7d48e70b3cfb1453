import type { TrustRule } from '../../api/trust-types.ts';
import { Badge } from '../../components/text/badge.tsx';
import { trustRuleHref } from '../../model/trust/subject.ts';

type StateOf = Pick<TrustRule, 'isPending' | 'candidate' | 'hiddenBy'>;

/** Whether a trust rule grants anything now. */
export function TrustRuleState({ rule: { isPending, hiddenBy } }: { readonly rule: StateOf }) {
  if (isPending) return <Badge kind="warning">Waits for confirmation</Badge>;
  if (hiddenBy !== null) return <Badge kind="danger">Hidden</Badge>;
  return <Badge kind="good">In force</Badge>;
}

/** Why a rule grants nothing, below its state. */
export function TrustRuleStateNote({ rule: { isPending, candidate, hiddenBy } }: { readonly rule: StateOf }) {
  if (isPending)
    return (
      <span class="cell-note">
        {candidate === null ? 'No token has matched yet.' : 'A token has matched.'}
      </span>
    );
  if (hiddenBy !== null)
    return (
      <span class="cell-note">
        by <a href={trustRuleHref(hiddenBy)}>{hiddenBy}</a>
      </span>
    );
  return null;
}
