import { useState } from 'preact/hooks';
import type { AccessChange, RulesPreview } from '../../api/rule-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { Notes } from '../../components/feedback/notes.tsx';
import { Button } from '../../components/form/button.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { describeFrom } from '../../model/images/access-words.ts';

/** How many changes are shown at first, so that the page stays quick. */
const step = 100;

export interface PreviewResultProps {
  readonly preview: RulesPreview;
  readonly heading: { readonly current: HTMLHeadingElement | null };
}

/** Who would gain and lose which access. */
export function PreviewResult({ preview, heading }: PreviewResultProps) {
  const { changes, removed, added, warnings, subjectCount, repositoryCount, cut } = preview;
  const [shownCount, setShownCount] = useState(step);
  const hasFrom = changes.some(({ from }) => from !== null);
  return (
    <section class="section">
      <h2 ref={heading} tabIndex={-1}>
        {changes.length === 0 ? 'Nothing would change' : 'What would change'}
      </h2>
      <p class="section-lead">
        {count(subjectCount, 'login', 'logins')} compared on{' '}
        {count(repositoryCount, 'repository', 'repositories')}, existing ones and examples for the patterns.
      </p>
      <Notes title="This preview is not complete" texts={cut} />
      <Notes title="These rules have mistakes" texts={warnings} />
      {added.length + removed.length > 0 && (
        <ul class="difference" aria-label="Difference between the lists of rules">
          {removed.map((text) => (
            <li key={text} class="difference-removed">
              <span aria-hidden="true">−</span>
              <span class="visually-hidden">removed: </span>
              <code class="wrap">{text}</code>
            </li>
          ))}
          {added.map((text) => (
            <li key={text} class="difference-added">
              <span aria-hidden="true">+</span>
              <span class="visually-hidden">added: </span>
              <code class="wrap">{text}</code>
            </li>
          ))}
        </ul>
      )}
      {changes.length === 0 && (
        <Alert kind="success">
          Everyone keeps the access to all compared repositories that they have now.
        </Alert>
      )}
      {changes.length > 0 && (
        <DataTable<Row>
          caption="Changes of access"
          rows={changes.slice(0, shownCount).map((change, at) => ({ ...change, at }))}
          keyOf={({ at }) => String(at)}
          columns={[
            { label: 'Who', isName: true, render: (change) => <Subjects change={change} /> },
            { label: 'Repositories', render: (change) => <Repositories change={change} /> },
            { label: 'Loses', render: ({ lost }) => <Difference actions={lost} kind="danger" /> },
            { label: 'Gains', render: ({ gained }) => <Difference actions={gained} kind="good" /> },
            {
              label: 'Because of',
              render: ({ by }) => (
                <ul class="deciders">
                  {by.map((text) => (
                    <li key={text} class="wrap">
                      {text}
                    </li>
                  ))}
                </ul>
              ),
            },
            ...(hasFrom
              ? [{ label: 'From', render: ({ from }: Row) => describeFrom(from) ?? 'anywhere' }]
              : []),
          ]}
        />
      )}
      {changes.length > shownCount && (
        <Button onClick={() => setShownCount(shownCount + step)}>
          Show {Math.min(step, changes.length - shownCount)} more of {changes.length} changes
        </Button>
      )}
    </section>
  );
}

interface Row extends AccessChange {
  readonly at: number;
}

const shownNames = 5;

function Subjects({ change: { subjects, domain } }: { readonly change: AccessChange }) {
  const names = subjects.map(({ kind, name }) => (kind === 'anonymous' ? 'anyone' : name));
  return (
    <span class="two-lines">
      <span>{shorten(names)}</span>
      <span class="muted">under {domain} domains</span>
    </span>
  );
}

function Repositories({ change: { repositories } }: { readonly change: AccessChange }) {
  const patterns = [...new Set(repositories.flatMap((one) => one.patterns))];
  const names = repositories.filter((one) => one.patterns.length === 0).map(({ repository }) => repository);
  return (
    <span class="two-lines">
      {names.length > 0 && <span>{shorten(names)}</span>}
      {patterns.length > 0 && <span class="muted">new ones like {shorten(patterns)}</span>}
    </span>
  );
}

function Difference({
  actions,
  kind,
}: {
  readonly actions: readonly string[];
  readonly kind: 'good' | 'danger';
}) {
  if (actions.length === 0) return <span class="muted">–</span>;
  return (
    <span class="row">
      {actions.map((action) => (
        <Badge key={action} kind={kind}>
          {action === '*' ? 'everything' : action}
        </Badge>
      ))}
    </span>
  );
}

function shorten(names: readonly string[]): string {
  const more = names.length - shownNames;
  return names.slice(0, shownNames).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
