import Eye from 'lucide-static/icons/eye.svg';
import Scale from 'lucide-static/icons/scale.svg';
import type { Rule } from '../../api/rule-types.ts';
import { useList } from '../../api/use-list.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Pager } from '../../components/data/list-view.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { RuleCard } from './rule-card.tsx';

/** The rules of the configuration, and what each of them matches. */
export function Rules() {
  const [q, setQ] = useQueryValue('q');
  const list = useList<Rule>('/rules', { q });
  const file = list.answer?.['file'];
  const warnings = (list.answer?.['warnings'] ?? []) as readonly string[];
  const problem = list.answer?.['problem'];
  return (
    <Page
      title="Rules"
      lead={
        <>
          Rules apply to everyone, in addition to roles and grants. They are in{' '}
          {typeof file === 'string' ? <code class="wrap">{file}</code> : 'the configuration'}, so they are
          shown here and changed there. A running server notices the change.
        </>
      }
      actions={
        <LinkButton href="/auth/rules/preview" kind="primary" Icon={Eye}>
          Preview other rules
        </LinkButton>
      }
    >
      {warnings.length > 0 && (
        <Alert kind="warning" title="Some rules have no effect">
          <ul class="bullets">
            {warnings.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Alert>
      )}
      {typeof problem === 'string' && (
        <Alert kind="warning" title="The repositories are not known">
          {problem}
        </Alert>
      )}
      <div class="toolbar">
        <SearchBox label="Search rules by pattern or name" value={q} onSearch={setQ} />
      </div>
      {list.error !== undefined && <ErrorState error={list.error} onRetry={() => void list.reload()} />}
      {list.items === undefined && list.error === undefined && (
        <Skeleton lines={6} label="Loading the rules" />
      )}
      {list.items?.length === 0 && <NoRules isFiltered={q !== ''} />}
      {list.items !== undefined && list.items.length > 0 && (
        <ol class="cards">
          {list.items.map((rule) => (
            <RuleCard key={rule.number} rule={rule} />
          ))}
        </ol>
      )}
      <Pager list={list} label="Pages of rules" />
      <Equivalent command="dockpass check --show" api={{ method: 'GET', path: '/rules' }} />
    </Page>
  );
}

function NoRules({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered)
    return (
      <EmptyState Icon={Scale} title="No rule matches">
        Change or clear the search.
      </EmptyState>
    );
  return (
    <EmptyState
      Icon={Scale}
      title="There are no rules"
      action={
        <pre class="listing">{`policy:\n  - { deny: [push, delete], to: [everyone], on: ['release/**'] }`}</pre>
      }
    >
      Roles and grants decide alone. Rules say what depends on more than a name, such as a namespace for each
      user. Write them into dockpass.yml, for example:
    </EmptyState>
  );
}
