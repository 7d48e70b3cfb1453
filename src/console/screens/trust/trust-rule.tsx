import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import FlaskConical from 'lucide-static/icons/flask-conical.svg';
import Trash from 'lucide-static/icons/trash-2.svg';
import { pathTo } from '../../api/client.ts';
import type { TrustRule } from '../../api/trust-types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Details } from '../../components/data/details.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button, LinkButton } from '../../components/form/button.tsx';
import { parseRight } from '../../components/form/only-fields.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { Actions, formatOnly, Pattern } from '../../components/text/rights.tsx';
import { LastUse } from '../../components/text/time.tsx';
import { formatFilters, noFilters } from '../../model/audit/filters.ts';
import { listConditions } from '../../model/trust/claim-text.ts';
import { visible } from '../../model/visible-text.ts';
import { formatDuration } from '../../model/trust/duration.ts';
import { platforms } from '../../model/trust/platforms.ts';
import { subjectOf } from '../../model/trust/subject.ts';
import type { ScreenProps } from '../../state/screen-props.ts';
import { AcceptedValues } from './condition-list.tsx';
import { ConfirmRule, RemoveRule } from './trust-rule-dialogs.tsx';
import { RuleNotes } from './rule-notes.tsx';
import { TrustRuleState } from './trust-rule-state.tsx';
import { Workflow } from './workflow.tsx';
import { UsedBy } from '../usage/used-by.tsx';

/** How often the page asks whether a token has matched a rule that waits. */
const pollMs = 3000;

/** What a dialog is about. The rule stays as it was when the person opened the dialog. */
interface OpenDialog {
  readonly kind: 'confirm' | 'remove';
  readonly rule: TrustRule;
  readonly etag: string | undefined;
}

/** One trust rule: whose tokens it accepts, what it grants, and its state. */
export function TrustRuleScreen({ params }: ScreenProps) {
  const name = params['name'] ?? '';
  const path = pathTo('trust', name);
  const { data: rule, etag, error, reload } = useResource<TrustRule>(path, { pollMs });
  const { route } = useLocation();
  const [dialog, setDialog] = useState<OpenDialog>();
  const open = (kind: OpenDialog['kind']): void => {
    if (rule !== undefined) setDialog({ kind, rule, etag });
  };
  const close = (): void => setDialog(undefined);
  return (
    <Page
      title={subjectOf(name)}
      crumbs={[{ label: 'Federated identities', href: '/auth/trust' }]}
      badges={rule && <TrustRuleState rule={rule} />}
      actions={
        rule && (
          <>
            <LinkButton href="/auth/trust/test" Icon={FlaskConical}>
              Test a token
            </LinkButton>
            {rule.origin === 'database' && (
              <Button Icon={Trash} onClick={() => open('remove')}>
                Remove
              </Button>
            )}
          </>
        )
      }
    >
      {error !== undefined && <ErrorState error={error} onRetry={() => void reload()} />}
      {rule === undefined && error === undefined && <Skeleton lines={6} label="Loading the trust rule" />}
      {rule !== undefined && (
        <>
          <RuleNotes rule={rule} onConfirm={() => open('confirm')} />
          <Details
            items={[
              ['Tokens from', rule.preset === null ? 'another issuer' : platforms[rule.preset].label],
              ['Issuer', rule.issuer],
              ['Keys', rule.jwks ?? 'named by the issuer'],
              ['Audience', <AcceptedValues values={rule.audience} />],
              ['Session', <Session session={rule.session} />],
              ['Written in', rule.origin === 'file' ? 'dockpass.yml' : 'the database'],
              [
                'Last used',
                <>
                  <LastUse at={rule.lastUsedAt} from={rule.lastUsedFrom} />
                  <span class="cell-note">
                    <a href={`/auth/audit${formatFilters({ ...noFilters, user: subjectOf(name) })}`}>
                      Audit log
                    </a>
                    {', '}
                    <a href={`/auth/sessions?user=${encodeURIComponent(subjectOf(name))}`}>sessions</a>
                  </span>
                </>,
              ],
            ]}
          />
          <Section
            title="What a token must have"
            lead="The rule matches a token that has one of the accepted values in each of these claims."
          >
            <DataTable
              caption={`Conditions of ${name}`}
              rows={listConditions(rule.when)}
              keyOf={({ claim }) => claim}
              columns={[
                { label: 'Claim', isName: true, render: ({ claim }) => <code>{visible(claim)}</code> },
                {
                  label: 'Accepted values',
                  render: ({ accepted }) => (
                    <span class="wrap">
                      <AcceptedValues values={accepted} />
                    </span>
                  ),
                },
              ]}
            />
          </Section>
          <Section title="Rights on repositories" lead="Jobs that log in by this rule never have more.">
            <DataTable
              caption={`Rights of ${subjectOf(name)}`}
              rows={rule.only.map(formatOnly).map(parseRight)}
              keyOf={({ pattern, actions }) => `${pattern}:${actions.join()}`}
              columns={[
                { label: 'Repositories', isName: true, render: ({ pattern }) => <Pattern text={pattern} /> },
                { label: 'Actions', render: ({ actions }) => <Actions actions={actions} /> },
              ]}
            />
          </Section>
          <UsedBy subject={subjectOf(name)} />
          <Workflow rule={rule} />
          <Equivalent command="dockpass trust list" api={{ method: 'GET', path }} />
        </>
      )}
      {dialog?.kind === 'confirm' && (
        <ConfirmRule rule={dialog.rule} etag={dialog.etag} onClose={close} onDone={() => void reload()} />
      )}
      {dialog?.kind === 'remove' && (
        <RemoveRule
          rule={dialog.rule}
          etag={dialog.etag}
          onClose={close}
          onDone={() => route('/auth/trust')}
        />
      )}
    </Page>
  );
}

function Session({ session }: Pick<TrustRule, 'session'>) {
  const text = formatDuration(session);
  if (text.startsWith('0 ')) return <>none: a job can push only until its token expires</>;
  return <>a job can push for {text} after its login</>;
}
