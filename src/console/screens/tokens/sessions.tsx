import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { SessionsTable } from './sessions-table.tsx';

/** The sessions of all users, for administrators. */
export function SessionsScreen() {
  const [search, setSearch] = useQueryValue('q');
  return (
    <Page
      title="Sessions"
      lead="Clients that are logged in with an identity token, and browsers that are signed in to this console."
    >
      <div class="toolbar">
        <SearchBox label="Search sessions" value={search} onSearch={setSearch} />
      </div>
      <SessionsTable search={search} />
      <Equivalent command="dockpass session list" api={{ method: 'GET', path: '/sessions' }} />
    </Page>
  );
}
