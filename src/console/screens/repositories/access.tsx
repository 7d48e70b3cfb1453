import Shield from 'lucide-static/icons/shield.svg';
import { pathTo } from '../../api/client.ts';
import type { Access } from '../../api/image-types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { SelectField } from '../../components/form/fields.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Actions } from '../../components/text/rights.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { describeFrom, describeLogin, recognizeDecider } from '../../model/images/access-words.ts';
import { repositoryHref } from '../../model/images/addresses.ts';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useQueryValue } from '../../state/use-query-value.ts';
import { RepositoryTabs } from './repository-tabs.tsx';

const actionChoices = [
  { value: '', label: 'Any action' },
  { value: 'pull', label: 'May pull' },
  { value: 'push', label: 'May push' },
  { value: 'delete', label: 'May delete' },
];

/** Who may do what on a repository, and what gives or removes each right. */
export function RepositoryAccess({ params }: ScreenProps) {
  const { name: repository = '' } = params;
  const [q, setQ] = useQueryValue('q');
  const [action, setAction] = useQueryValue('action');
  const path = pathTo('repositories', repository, 'access');
  const list = useList<Access>(path, { q, action });
  return (
    <Page
      title={`Access to ${repository}`}
      crumbs={[
        { label: 'Repositories', href: '/auth/repositories' },
        { label: repository, href: repositoryHref(repository) },
      ]}
      lead="The server decides for each login as it would for a client. Users and robots that cannot log in are left out."
    >
      <RepositoryTabs repository={repository} />
      <div class="toolbar toolbar-fields">
        <SearchBox label="Search users, robots and tokens" value={q} onSearch={setQ} />
        <SelectField label="Action" value={action} choices={actionChoices} onValue={setAction} />
      </div>
      <ListView
        list={list}
        caption={`Access to ${repository}`}
        keyOf={({ domain, kind, name, user, from, by }) =>
          JSON.stringify([domain, kind, name, user, from, by])
        }
        isFiltered={q !== '' || action !== ''}
        columns={[
          { label: 'Who', isName: true, render: (access) => <Who access={access} /> },
          {
            label: 'Domain',
            render: ({ domain }) =>
              domain === 'public' ? <Badge kind="accent">public</Badge> : <Badge>private</Badge>,
          },
          { label: 'May', render: ({ actions }) => <Actions actions={actions} /> },
          { label: 'Because of', render: ({ by, reason }) => <Because by={by} reason={reason} /> },
          ...(list.items?.some(({ from }) => from !== null) === true
            ? [
                {
                  label: 'From',
                  render: ({ from }: Access) => describeFrom(from) ?? <span class="muted">anywhere</span>,
                },
              ]
            : []),
        ]}
        empty={
          <EmptyState
            Icon={Shield}
            title="No one may use this repository"
            action={
              <LinkButton href="/auth/grants" kind="primary">
                Add a grant
              </LinkButton>
            }
          >
            Give a user or a group a grant, or change the role of a user.
          </EmptyState>
        }
      />
      <Equivalent
        command={`dockpass grant who ${quoted(repository)}${action === '' ? '' : ` ${action}`}`}
        api={{ method: 'GET', path }}
      />
    </Page>
  );
}

function Who({ access }: { readonly access: Access }) {
  const { name, kind, href } = describeLogin(access);
  return (
    <span class="two-lines">
      <span>{href === undefined ? name : <a href={href}>{name}</a>}</span>
      <span class="muted">{kind}</span>
    </span>
  );
}

function Because({ by, reason }: Pick<Access, 'by' | 'reason'>) {
  if (by.length === 0) return <span>{reason}</span>;
  return (
    <ul class="deciders">
      {by.map(recognizeDecider).map(({ kind, text, href }) => (
        <li key={text}>
          <Badge>{kind}</Badge>
          <span class="wrap">{href === undefined ? text : <a href={href}>{text}</a>}</span>
        </li>
      ))}
    </ul>
  );
}
