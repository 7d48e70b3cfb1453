import type { Conditions } from '../../api/trust-types.ts';
import { listConditions } from '../../model/trust/claim-text.ts';
import { visible } from '../../model/visible-text.ts';

/** The claims that a token must have, one line for each. */
export function ConditionList({ when }: { readonly when: Conditions }) {
  return (
    <ul class="only-list">
      {listConditions(when).map(({ claim, accepted }) => (
        <li key={claim} class="wrap">
          <span class="muted">{visible(claim)}</span> <AcceptedValues values={accepted} />
        </li>
      ))}
    </ul>
  );
}

/** Values of which a claim must have one. */
export function AcceptedValues({ values }: { readonly values: readonly string[] }) {
  return (
    <>
      {values.map((value, at) => (
        <span key={value}>
          {at > 0 && ' or '}
          <code>{visible(value)}</code>
        </span>
      ))}
    </>
  );
}
