import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { TokensTable } from './tokens-table.tsx';

/** The access tokens of all users, for administrators. */
export function TokensScreen() {
  const [search, setSearch] = useQueryValue('q');
  return (
    <Page
      title="Access tokens"
      lead="The access tokens of all users. Each person creates and revokes their own in their profile."
    >
      <TokensTable search={search} onSearch={setSearch} />
      <Equivalent command="dockpass token list" api={{ method: 'GET', path: '/tokens' }} />
    </Page>
  );
}
