import type { Command } from 'commander';
import { describeTotal, type DeletionView, type PlanDetails } from '../../admin/retention/plan-view.ts';
import { formatSize } from '../../size.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { ConfirmOptions, JsonOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { print, printJson, printTable, say } from '../output.ts';
import { withProgress } from '../progress.ts';

/** Makes a plan and shows it. */
export async function showPlan({ json }: JsonOption, command: Command): Promise<void> {
  let progress = '';
  const plan = await withAdministration(command, ({ retention }) =>
    withProgress(
      'Reading the registry',
      () => retention.plan((text) => (progress = text)),
      () => progress,
    ),
  );
  for (const note of plan.notes) say(note);
  if (json === true) printJson({ id: plan.id, deletions: plan.deletions });
  else printPlan(plan);
}

/** Does what a plan says. */
export async function applyPlan(id: string, options: ConfirmOptions, command: Command): Promise<void> {
  await withAdministration(command, async ({ retention }) => {
    const { deletions } = await retention.find(id);
    if (deletions.length > 0) await confirm(`Apply the plan ${id}: ${describeTotal(deletions)}?`, options);
    let count = 0;
    const printUntil = (end: number): void => {
      for (const deletion of deletions.slice(count, end)) print(`deleted ${imageOf(deletion)}`);
      count = Math.max(count, end);
    };
    say(`comparing the plan ${id} with the registry`);
    await retention.apply(id, printUntil);
    printUntil(deletions.length);
    say(
      deletions.length === 0
        ? `the plan ${id} deletes nothing`
        : `the plan ${id} is applied: ${describeTotal(deletions)}. The disk space is free after the next garbage collection of the registry.`,
    );
  });
}

function printPlan({ id, deletions }: PlanDetails): void {
  if (deletions.length === 0) {
    say('the rules delete nothing');
    return;
  }
  const byRepository = new Map<string, DeletionView[]>();
  for (const deletion of deletions) {
    const some = byRepository.get(deletion.repository) ?? [];
    byRepository.set(deletion.repository, some);
    some.push(deletion);
  }
  for (const [repository, some] of byRepository) {
    print(`${repository}: ${describeTotal(some)}`);
    printTable(
      some.map(({ tag, digest, size, lastPulledAt, lastPulledBy, reason }) => ({
        image: tag === null ? `@${shorten(digest)}` : `:${tag}`,
        digest: shorten(digest),
        size: formatSize(size),
        'last pull': lastPulledAt ?? '-',
        by: lastPulledAt === null ? '-' : (lastPulledBy ?? '(anonymous)'),
        reason,
      })),
    );
    print('');
  }
  print(`Total: ${describeTotal(deletions)}`);
  print('Nothing is deleted yet. To delete exactly these within the next 24 hours, run:');
  print(`  dockpass retention apply ${id}`);
}

/** A digest is clear with its first digits. */
function shorten(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

function imageOf({ repository, tag, digest }: DeletionView): string {
  return tag === null ? `${repository}@${digest}` : `${repository}:${tag} (${digest})`;
}
