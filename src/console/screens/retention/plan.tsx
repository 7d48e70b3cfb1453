import { useState } from 'preact/hooks';
import Trash from 'lucide-static/icons/trash-2.svg';
import CircleCheck from 'lucide-static/icons/circle-check.svg';
import { call, pathTo } from '../../api/client.ts';
import type { RetentionPlan } from '../../api/retention-types.ts';
import { useResource } from '../../api/use-resource.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { Notes } from '../../components/feedback/notes.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { Section } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { formatTime } from '../../components/text/time.tsx';
import { describeTotal } from '../../model/retention/words.ts';
import { countOf } from '../../model/usage/describe-series.ts';
import { visible } from '../../model/visible-text.ts';
import { useToast } from '../../state/toasts.tsx';
import { DeletionTable } from './deletion-table.tsx';

/** How often the page asks for the state of a plan on which the server works, in milliseconds. */
const pollMs = 2000;

/** One plan: what it deletes and why, its state, and the button that applies it. */
export function Plan({ id }: { readonly id: string }) {
  const path = pathTo('retention', 'plans', id);
  const [isWorking, setWorking] = useState(true);
  const { data: plan, error, reload } = useResource<RetentionPlan>(path, isWorking ? { pollMs } : {});
  const [isConfirming, setConfirming] = useState(false);
  const toast = useToast();
  if (plan !== undefined && isWorking !== isUnderWay(plan)) setWorking(isUnderWay(plan));
  if (error !== undefined) return <ErrorState error={error} onRetry={() => void reload()} />;
  if (plan === undefined) return <Skeleton lines={6} label="Loading the plan" />;
  const apply = async (): Promise<void> => {
    try {
      const { data } = await call<RetentionPlan>('POST', `${path}/apply`);
      setConfirming(false);
      if (data.state === 'applied') toast(`${countOf(plan.deletions.length, 'deletion')} done.`);
    } finally {
      // A plan that was stopped has another state too.
      await reload();
    }
  };
  return (
    <Section
      title="Plan"
      lead={`Made on ${formatTime(plan.createdAt)}. A plan is valid for 24 hours, and can be applied once.`}
      actions={
        plan.state === 'planned' &&
        plan.deletions.length > 0 && (
          <Button kind="danger" Icon={Trash} onClick={() => setConfirming(true)}>
            Apply…
          </Button>
        )
      }
    >
      <PlanState plan={plan} />
      <Notes kind="info" title="Some rules delete nothing yet" texts={plan.notes} />
      {plan.deletions.length > 0 && <DeletionTable deletions={plan.deletions} />}
      <Equivalent
        command={plan.state === 'planned' ? `dockpass retention apply ${plan.id}` : 'dockpass retention plan'}
        api={plan.state === 'planned' ? { method: 'POST', path: `${path}/apply` } : { method: 'GET', path }}
      />
      {isConfirming && (
        <ConfirmDialog
          title="Apply the plan"
          confirm={`Apply ${countOf(plan.deletions.length, 'deletion')}`}
          typed={String(plan.deletions.length)}
          equivalent={{
            command: `dockpass retention apply ${plan.id}`,
            api: { method: 'POST', path: `${path}/apply` },
          }}
          onConfirm={apply}
          onClose={() => setConfirming(false)}
        >
          <p>
            This does exactly what the plan says: <strong>{describeTotal(plan.deletions)}</strong>. It cannot
            be undone.
          </p>
          <p>
            If anything in these repositories has changed since, nothing is deleted. The disk space is free
            after the garbage collection of the registry.
          </p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function isUnderWay({ state }: RetentionPlan): boolean {
  return state === 'planning' || state === 'applying';
}

function PlanState({ plan: { state, deletions, begun, problem } }: { readonly plan: RetentionPlan }) {
  const total = describeTotal(deletions);
  switch (state) {
    case 'planning':
      return (
        <Alert kind="info" title="The plan is being made">
          The server reads the repositories to which the rules apply. This page follows it.
        </Alert>
      );
    case 'planned':
      return deletions.length === 0 ? (
        <EmptyState Icon={CircleCheck} title="The rules delete nothing">
          Every image in their repositories stays.
        </EmptyState>
      ) : (
        <Alert kind="warning" title={`${total} would be deleted`}>
          Nothing is deleted before you apply the plan.
        </Alert>
      );
    case 'applying':
      return (
        <Alert kind="info" title="The plan is being applied">
          {begun} of {countOf(deletions.length, 'deletion')} begun. This page follows it.
        </Alert>
      );
    case 'applied':
      return (
        <Alert kind="success" title={`Applied: ${total}`}>
          The audit log has a row for each deletion. To free the disk space, run the garbage collection of the
          registry.
        </Alert>
      );
    case 'failed':
    case 'stopped':
      return (
        <Alert kind="error" title={state === 'failed' ? 'There is no plan' : 'The plan was stopped'}>
          {state === 'stopped' && (
            <p>
              {begun} of {countOf(deletions.length, 'deletion')} begun. Make a new plan to go on.
            </p>
          )}
          {problem !== null && <p>{visible(problem.detail)}</p>}
        </Alert>
      );
  }
}
