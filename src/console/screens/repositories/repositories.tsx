import Package from 'lucide-static/icons/package.svg';
import type { Repository } from '../../api/image-types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Actions } from '../../components/text/rights.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { repositoryHref } from '../../model/images/addresses.ts';
import { useMe } from '../../state/session.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';

/** The repositories that the person may pull. */
export function Repositories() {
  const [q, setQ] = useQueryValue('q');
  const { isAdministrator } = useMe();
  const list = useList<Repository>('/repositories', { q });
  return (
    <Page title="Repositories" lead="The repositories of this registry that you may pull from.">
      {typeof list.answer?.['problem'] === 'string' && (
        <Alert kind="warning" title="This list may be old">
          The registry could not be asked again: {list.answer['problem']}
        </Alert>
      )}
      <div class="toolbar">
        <SearchBox label="Search repositories" value={q} onSearch={setQ} />
      </div>
      <ListView
        list={list}
        caption="Repositories"
        keyOf={({ name }) => name}
        isFiltered={q !== ''}
        columns={[
          { label: 'Name', isName: true, render: ({ name }) => <RepositoryName name={name} /> },
          { label: 'You may', render: ({ actions }) => <Actions actions={actions} /> },
          {
            label: 'Public',
            render: ({ public: isPublic }) =>
              isPublic ? <Badge kind="accent">public</Badge> : <span class="muted">no</span>,
          },
        ]}
        empty={
          <EmptyState
            Icon={Package}
            title="There is no repository yet"
            action={
              <LinkButton href="/auth/guide" kind="primary">
                Push the first image
              </LinkButton>
            }
          >
            {isAdministrator
              ? 'A repository appears here with its first push.'
              : 'A repository appears here if you may pull from it. If you miss one, ask an administrator for a grant.'}
          </EmptyState>
        }
      />
      <Equivalent command="dockpass repo list" api={{ method: 'GET', path: '/repositories' }} />
    </Page>
  );
}

/** The last segment of a name is what people look for, so the path before it is muted. */
function RepositoryName({ name }: Pick<Repository, 'name'>) {
  const slash = name.lastIndexOf('/') + 1;
  return (
    <a href={repositoryHref(name)} class="repository-name">
      {slash > 0 && <span class="muted">{name.slice(0, slash)}</span>}
      {name.slice(slash)}
    </a>
  );
}
