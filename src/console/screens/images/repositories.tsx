import Package from 'lucide-static/icons/package.svg';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { repositoryHref } from '../../model/images/addresses.ts';
import { useMe } from '../../state/session.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';

interface Repository {
  readonly name: string;
}

/** The repositories that the person may pull. */
export function Repositories() {
  const [q, setQ] = useQueryValue('q');
  const { isAdministrator } = useMe();
  const list = useList<Repository>('/repositories', { q });
  return (
    <Page title="Repositories" lead="The repositories of this registry that you may pull from.">
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
        ]}
        empty={
          <EmptyState
            Icon={Package}
            title="There is no repository yet"
            action={
              <LinkButton href="/auth/first-push" kind="primary">
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
function RepositoryName({ name }: Repository) {
  const slash = name.lastIndexOf('/') + 1;
  return (
    <a href={repositoryHref(name)} class="repository-name">
      {slash > 0 && <span class="muted">{name.slice(0, slash)}</span>}
      {name.slice(slash)}
    </a>
  );
}
