import type { Matches, Rule } from '../../api/rule-types.ts';
import { Badge } from '../../components/text/badge.tsx';
import { Actions } from '../../components/text/rights.tsx';
import { repositoryHref } from '../../model/images/addresses.ts';

/** One rule: what it says, and whom and what it matches now. */
export function RuleCard({ rule }: { readonly rule: Rule }) {
  const { number, effect, actions, to, on, realm, from, unused, unusedPatterns } = rule;
  return (
    <li class="card" id={`rule-${number}`}>
      <header class="row">
        <h2>Rule {number}</h2>
        <Badge kind={effect === 'deny' ? 'danger' : 'good'}>{effect}</Badge>
        <Actions actions={actions} />
        {realm !== null && <Badge>{realm} domains only</Badge>}
        {unused !== null && <Badge kind="warning">no effect</Badge>}
      </header>
      <dl class="rule-parts">
        <div>
          <dt>To</dt>
          <dd>
            <Texts texts={to} />
            <MatchList matches={rule.subjects} one="login" many="logins" />
          </dd>
        </div>
        <div>
          <dt>On</dt>
          <dd>
            <Texts texts={on} dead={unusedPatterns} />
            <MatchList
              matches={rule.repositories}
              one="repository"
              many="repositories"
              hrefOf={repositoryHref}
            />
          </dd>
        </div>
        {from !== null && (
          <div>
            <dt>From</dt>
            <dd>
              <Texts texts={from} />
            </dd>
          </div>
        )}
      </dl>
      {unused !== null && <p class="warning-text wrap">This rule has no effect: {unused}.</p>}
    </li>
  );
}

function Texts({
  texts,
  dead = [],
}: {
  readonly texts: readonly string[];
  readonly dead?: readonly string[];
}) {
  return (
    <span class="inline-list">
      {texts.map((text) => (
        <code
          key={text}
          class={dead.includes(text) ? 'chip chip-dead' : 'chip'}
          title={dead.includes(text) ? 'No repository can have such a name' : undefined}
        >
          {text}
        </code>
      ))}
    </span>
  );
}

interface MatchListProps {
  readonly matches: Matches;
  readonly one: string;
  readonly many: string;
  hrefOf?(name: string): string;
}

function MatchList({ matches: { count, names }, one, many, hrefOf }: MatchListProps) {
  if (count === 0) return <p class="muted">matches no {one} now</p>;
  return (
    <details class="disclosure muted">
      <summary>
        matches {count} {count === 1 ? one : many}
      </summary>
      <p class="wrap">
        {names.map((name, at) => (
          <span key={name}>
            {at > 0 && ', '}
            {hrefOf === undefined ? name : <a href={hrefOf(name)}>{name}</a>}
          </span>
        ))}
        {count > names.length && ` and ${count - names.length} more`}
      </p>
    </details>
  );
}
