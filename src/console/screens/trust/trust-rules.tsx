import FlaskConical from 'lucide-static/icons/flask-conical.svg';
import IdCard from 'lucide-static/icons/id-card.svg';
import Plus from 'lucide-static/icons/plus.svg';
import type { TrustRule } from '../../api/trust-types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { OnlyList } from '../../components/text/rights.tsx';
import { LastUse } from '../../components/text/time.tsx';
import { nameOfIssuer } from '../../model/trust/platforms.ts';
import { subjectOf, trustRuleHref } from '../../model/trust/subject.ts';
import { useQueryValue } from '../../state/use-query-value.ts';
import { ConditionList } from './condition-list.tsx';
import { TrustRuleState, TrustRuleStateNote } from './trust-rule-state.tsx';

/** All trust rules, in the order in which they are tried. */
export function TrustRulesScreen() {
  const [search, setSearch] = useQueryValue('q');
  const list = useList<TrustRule>('/trust', { q: search });
  const addButton = (
    <LinkButton href="/auth/trust/add" kind="primary" Icon={Plus}>
      Add trust rule
    </LinkButton>
  );
  return (
    <Page
      title="Federated identities"
      lead="CI jobs and pods log in with the token that their platform issues, so that you store no secret there. The first trust rule that matches a token decides what it may do."
      actions={
        <>
          <LinkButton href="/auth/trust/test" Icon={FlaskConical}>
            Test a token
          </LinkButton>
          {addButton}
        </>
      }
    >
      <div class="toolbar">
        <SearchBox label="Search trust rules" value={search} onSearch={setSearch} />
      </div>
      <ListView
        list={list}
        caption="Trust rules"
        keyOf={({ origin, name }) => `${origin} ${name}`}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={IdCard} title="There are no trust rules yet" action={addButton}>
            Add a trust rule for a repository or project of your CI platform. Its jobs can then push without a
            password. For the pods of a Kubernetes cluster, run <code>dockpass kubernetes init</code>.
          </EmptyState>
        }
        columns={[
          {
            label: 'Subject',
            isName: true,
            render: ({ name, origin }) => (
              <span class="event-who">
                <a href={trustRuleHref(name)}>{subjectOf(name)}</a>
                <span class="cell-note">{origin === 'file' ? 'dockpass.yml' : 'database'}</span>
              </span>
            ),
          },
          {
            label: 'State',
            render: (rule) => (
              <div>
                <TrustRuleState rule={rule} />
                <TrustRuleStateNote rule={rule} />
              </div>
            ),
          },
          {
            label: 'Tokens',
            render: (rule) => (
              <div>
                <span class="wrap">{nameOfIssuer(rule)}</span>
                <ConditionList when={rule.when} />
              </div>
            ),
          },
          { label: 'Grants', render: ({ only }) => <OnlyList only={only} /> },
          {
            label: 'Last used',
            render: ({ lastUsedAt, lastUsedFrom }) => (
              <div>
                <LastUse at={lastUsedAt} from={lastUsedFrom} />
              </div>
            ),
          },
        ]}
      />
      <Equivalent command="dockpass trust list" api={{ method: 'GET', path: '/trust' }} />
    </Page>
  );
}
