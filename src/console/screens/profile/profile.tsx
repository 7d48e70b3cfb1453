import { Details } from '../../components/data/details.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { RightsTable } from '../../components/text/rights.tsx';
import { useMe } from '../../state/session.tsx';
import { labelOfRole } from '../people/roles.ts';
import { SessionsTable } from '../tokens/sessions-table.tsx';
import { TokensTable } from '../tokens/tokens-table.tsx';
import { ChangePassword } from './change-password.tsx';
import { UsedBy } from '../usage/used-by.tsx';

/** The profile of the person who is signed in: rights, password, tokens and sessions. */
export function ProfileScreen() {
  const { name, role, groups, rights } = useMe();
  return (
    <Page title="Your profile" lead={`You are signed in as ${name}.`}>
      <Details
        items={[
          ['Name', name],
          ['Role', labelOfRole(role)],
          ['Groups', groups.length === 0 ? <span class="muted">none</span> : groups.join(', ')],
        ]}
      />
      <Section
        title="Access tokens"
        lead="Use an access token instead of your password in scripts and on machines."
      >
        <TokensTable user={name} />
      </Section>
      <Section title="Sessions" lead="Where you are logged in.">
        <SessionsTable user={name} />
      </Section>
      <UsedBy subject={name} called="you" />
      <Section title="Password">
        <ChangePassword />
      </Section>
      <Section title="Your rights on repositories">
        <RightsTable rights={rights} holder="You" />
      </Section>
      <Equivalent api={{ method: 'GET', path: '/me' }} />
    </Page>
  );
}
