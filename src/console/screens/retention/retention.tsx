import ArchiveX from 'lucide-static/icons/archive-x.svg';
import ListX from 'lucide-static/icons/list-x.svg';
import { call } from '../../api/client.ts';
import type { Retention, RetentionPlan } from '../../api/retention-types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { Pattern } from '../../components/text/rights.tsx';
import { describeRule } from '../../model/retention/words.ts';
import { useAction } from '../../state/use-action.ts';
import { useQueryValue } from '../../state/use-query-value.ts';
import { Plan } from './plan.tsx';

/** The retention rules, and a plan of what they delete. The address names the plan, so that it can be sent to someone. */
export function RetentionScreen() {
  const { data, error, reload } = useResource<Retention>('/retention');
  const [planId, setPlanId] = useQueryValue('plan');
  const action = useAction();
  const makePlan = (): void =>
    action.run(async () => {
      const { data: plan } = await call<RetentionPlan>('POST', '/retention/plans');
      setPlanId(plan.id);
    });
  return (
    <Page
      title="Retention"
      lead="Rules that say which images stay. A plan shows what they would delete before anything is deleted."
      actions={
        data !== undefined &&
        data.rules.length > 0 && (
          <Button
            kind={planId === '' ? 'primary' : 'secondary'}
            Icon={ListX}
            isBusy={action.isBusy}
            onClick={makePlan}
          >
            {planId === '' ? 'Make a plan' : 'Make a new plan'}
          </Button>
        )
      }
    >
      {error !== undefined && <ErrorState error={error} onRetry={() => void reload()} />}
      {error === undefined && data === undefined && <Skeleton lines={5} label="Loading the rules" />}
      {action.error !== undefined && (
        <Alert kind="error" title="There is no plan">
          {action.error.message}
        </Alert>
      )}
      {data !== undefined && <Rules retention={data} />}
      {planId !== '' && <Plan key={planId} id={planId} />}
      {planId === '' && (
        <Equivalent command="dockpass retention plan" api={{ method: 'POST', path: '/retention/plans' }} />
      )}
    </Page>
  );
}

const example = `retention:
  - on: ["ci/**"]
    keep: { newest: 20, pulledWithin: 30d, tags: ["v*", latest] }
    untagged: 7d`;

function Rules({ retention: { rules, schedule } }: { readonly retention: Retention }) {
  if (rules.length === 0)
    return (
      <EmptyState
        Icon={ArchiveX}
        title="There are no retention rules"
        action={<CopyableCode text={example} label="Copy example" />}
      >
        Nothing is deleted. To remove images that no one needs, write rules such as these into{' '}
        <code>dockpass.yml</code>. A running server reads the file again. See docs/retention.md.
      </EmptyState>
    );
  return (
    <Section
      title="Rules"
      lead="From dockpass.yml. The first rule that matches a repository decides. Repositories without a rule are never touched."
    >
      <DataTable
        caption="Retention rules"
        rows={rules}
        keyOf={({ number }) => String(number)}
        columns={[
          { label: 'Rule', isName: true, render: ({ number }) => number },
          {
            label: 'Repositories',
            render: ({ on }) => (
              <span class="row">
                {on.map((text) => (
                  <Pattern key={text} text={text} />
                ))}
              </span>
            ),
          },
          {
            label: 'What stays',
            render: (rule) => (
              <ul class="only-list">
                {describeRule(rule).map((text) => (
                  <li key={text} class="wrap">
                    {text}
                  </li>
                ))}
              </ul>
            ),
          },
        ]}
      />
      <p class="muted">
        {schedule === null ? (
          'Plans are made only when you ask for one. The setting retentionSchedule makes them regularly.'
        ) : (
          <>
            A plan is made at the times <code>{schedule.at}</code>{' '}
            {schedule.apply ? 'and applied at once.' : 'and written to the audit log. It is not applied.'}
          </>
        )}
      </p>
    </Section>
  );
}
