import Close from 'lucide-static/icons/x.svg';
import { Button } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { GrantsTable } from './grants-table.tsx';

/** All grants, or those of one user or group. */
export function GrantsScreen() {
  const [search, setSearch] = useQueryValue('q');
  const [subject, setSubject] = useQueryValue('subject');
  const isFiltered = subject !== '';
  return (
    <Page
      title="Grants"
      lead="A grant gives a user or group rights on repositories. While a user has grants, the role gives no rights on repositories."
    >
      <GrantsTable search={search} {...(isFiltered && { subject })}>
        <SearchBox label="Search grants" value={search} onSearch={setSearch} />
        {isFiltered && (
          <Button Icon={Close} onClick={() => setSubject('')}>
            Only {subject}
          </Button>
        )}
      </GrantsTable>
      <Equivalent
        command={`dockpass grant list${isFiltered ? ` ${quoted(subject)}` : ''}`}
        api={{ method: 'GET', path: `/grants${isFiltered ? `?subject=${encodeURIComponent(subject)}` : ''}` }}
      />
    </Page>
  );
}
