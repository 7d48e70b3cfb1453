import type { Claims } from '../../api/trust-types.ts';
import { listClaims } from '../../model/trust/claim-text.ts';

export interface ClaimTableProps {
  /** What the claims belong to, for screen readers. */
  readonly caption: string;
  readonly claims: Claims;
}

/** Claims as text. Anyone who starts a job chooses some of them, so nothing in them becomes a link or markup. */
export function ClaimTable({ caption, claims }: ClaimTableProps) {
  return (
    <div role="group" aria-label={caption}>
      <dl class="rule-parts claim-list">
        {listClaims(claims).map(({ name, value }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
