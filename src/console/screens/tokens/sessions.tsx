import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { subjectHref } from '../../model/trust/subject.ts';
import { useQueryValue } from '../../state/use-query-value.ts';
import { SessionsTable } from './sessions-table.tsx';

/** The sessions of all users, for administrators. The address can name one user, or one trust rule as `ci:NAME`. */
export function SessionsScreen() {
  const [search, setSearch] = useQueryValue('q');
  const [user] = useQueryValue('user');
  return (
    <Page
      title="Sessions"
      lead="Clients that are logged in with an identity token, and browsers that are signed in to this console."
    >
      <div class="toolbar">
        <SearchBox label="Search sessions" value={search} onSearch={setSearch} />
        {user !== '' && (
          <p>
            Only sessions of <a href={subjectHref(user)}>{user}</a>.{' '}
            <a href="/auth/sessions">Show all sessions</a>
          </p>
        )}
      </div>
      <SessionsTable search={search} {...(user !== '' && { user })} />
      <Equivalent
        command={`dockpass session list${user === '' ? '' : ` ${quoted(user)}`}`}
        api={{
          method: 'GET',
          path: `/sessions${user === '' ? '' : `?user=${encodeURIComponent(user)}`}`,
        }}
      />
    </Page>
  );
}
